import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { waitForAnnotation } from "../../catalog/annotations.ts";
import type { Manifest } from "./manifest.ts";

/** The condition that the engine waits for before a custom resource counts as created. */
export interface Wait {
  /** Type of the status condition that must be true, such as `Ready`. */
  readonly condition: string;
  /** The time limit, in minutes. */
  readonly minutes: number;
}

/** Creates a custom resource, and waits for its condition where one is given: the API server accepts an object before its controller acts. */
export function customResource(
  name: string,
  manifest: Manifest,
  opts: pulumi.CustomResourceOptions,
  wait?: Wait,
): kubernetes.apiextensions.CustomResource {
  const { annotations, ...metadata } = manifest.metadata;
  const waitFor = wait === undefined ? {} : { [waitForAnnotation]: `condition=${wait.condition}` };
  const all = { ...annotations, ...waitFor };
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
