import type pulumi from "@pulumi/pulumi";

/** A custom resource as data: what the API server gets, before a Pulumi resource exists for it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: pulumi.Input<string>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
  };
  readonly spec: pulumi.Input<Readonly<Record<string, unknown>>>;
}

/** A manifest whose specification contains no outputs. */
export interface PlainManifest extends Manifest {
  readonly spec: Readonly<Record<string, unknown>>;
}
