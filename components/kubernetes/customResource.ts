import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { waitForAnnotation } from "../../catalog/annotations.ts";

/** What the engine waits for before a custom resource counts as made. */
export interface Wait {
  /** A condition of its status that has to be true, such as `Ready`. */
  readonly condition: string;
  readonly minutes: number;
}

/** Makes a custom resource, and waits for its own word that it is what it should be: a created object is none yet. */
export function customResource(
  name: string,
  manifest: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: {
      readonly name: string;
      readonly namespace?: pulumi.Input<string>;
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
    };
    readonly spec: pulumi.Input<Readonly<Record<string, unknown>>>;
  },
  opts: pulumi.CustomResourceOptions,
  wait?: Wait,
): kubernetes.apiextensions.CustomResource {
  const { annotations, ...metadata } = manifest.metadata;
  const awaited = wait === undefined ? {} : { [waitForAnnotation]: `condition=${wait.condition}` };
  const all = { ...annotations, ...awaited };
  return new kubernetes.apiextensions.CustomResource(
    name,
    {
      apiVersion: manifest.apiVersion,
      kind: manifest.kind,
      metadata: { ...metadata, ...(Object.keys(all).length === 0 ? {} : { annotations: all }) },
      spec: manifest.spec,
    },
    wait === undefined
      ? opts
      : pulumi.mergeOptions(opts, {
          customTimeouts: { create: `${wait.minutes}m`, update: `${wait.minutes}m` },
        }),
  );
}
