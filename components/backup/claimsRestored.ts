import type pulumi from "@pulumi/pulumi";
import type { Namespace } from "../kubernetes/namespace.ts";

/**
 * Brings the claims of a namespace back, where a restore was ordered for it, before anything in it asks for them. What
 * it returns is what workloads with claims have to depend on; nothing where nothing comes back.
 */
export type ClaimsRestored = (namespace: Namespace, parent: pulumi.Resource) => readonly pulumi.Resource[];
