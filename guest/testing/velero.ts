import { type GoProgram, isBuilt, whyNoGo } from "./goProgram.ts";

/** Velero itself, the version of the chart's image. */
export const veleroProgram: GoProgram = {
  name: "velero",
  module: "github.com/vmware-tanzu/velero",
  version: "v1.18.1",
  package: "cmd/velero",
  inPlace: true,
  // The versions in its go.mod were not available where these tests were written; these patch releases were.
  replace: { "k8s.io/cli-runtime": "v0.33.10", "k8s.io/kube-aggregator": "v0.33.6" },
};

/**
 * The S3 plugin. The last release candidate of the version that the lab runs: the release itself was not available where
 * these tests were written.
 */
export const pluginProgram: GoProgram = {
  name: "velero-plugin-for-aws",
  module: "github.com/vmware-tanzu/velero-plugin-for-aws",
  version: "v1.14.0-rc.1",
  package: "velero-plugin-for-aws",
  inPlace: true,
  replace: { "github.com/vmware-tanzu/velero": veleroProgram.version },
};

/** Why the two are not available on this machine, or undefined. They are built only on request. */
export function whyNoVelero(): string | undefined {
  const missing = [veleroProgram, pluginProgram].filter((program) => !isBuilt(program));
  if (missing.length === 0) return undefined;
  if (process.env.HOMELAB_VELERO !== "build")
    return `${missing.map(({ name, version }) => `${name} ${version}`).join(" and ")} take ten minutes to build: set HOMELAB_VELERO=build to build them`;
  return missing.map(whyNoGo).find((reason) => reason !== undefined);
}
