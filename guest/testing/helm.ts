import type { GoProgram } from "./goProgram.ts";

/** Helm 3, which the Kubernetes provider is built with; Helm 4 renders some charts differently. */
export const helmProgram: GoProgram = {
  name: "helm",
  module: "helm.sh/helm/v3",
  version: "v3.22.0",
  package: "cmd/helm",
};
