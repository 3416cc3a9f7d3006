import type pulumi from "@pulumi/pulumi";
import type { Namespace } from "../kubernetes/namespace.ts";

/**
 * Restores the claims of a namespace before anything in it requests them, where `lab:restore` orders a
 * restore of the namespace. Returns the resources that workloads with claims must depend on; an empty list
 * where nothing is restored.
 */
export type ClaimsRestored = (namespace: Namespace, parent: pulumi.Resource) => readonly pulumi.Resource[];
