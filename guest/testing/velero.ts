import { type GoProgram, isBuilt, whyNoGo } from "./goProgram.ts";

/** Velero itself, as the chart's image has it. */
export const veleroProgram: GoProgram = {
  name: "velero",
  module: "github.com/vmware-tanzu/velero",
  version: "v1.18.1",
  package: "cmd/velero",
  inPlace: true,
  // What it names was not to be had where these tests were written; a patch release beside it is.
  replace: { "k8s.io/cli-runtime": "v0.33.10", "k8s.io/kube-aggregator": "v0.33.6" },
};

/**
 * The plugin that speaks S3. The last candidate of the release that the lab runs: the release itself was not to be had
 * where these tests were written.
 */
export const pluginProgram: GoProgram = {
  name: "velero-plugin-for-aws",
  module: "github.com/vmware-tanzu/velero-plugin-for-aws",
  version: "v1.14.0-rc.1",
  package: "velero-plugin-for-aws",
  inPlace: true,
  replace: { "github.com/vmware-tanzu/velero": veleroProgram.version },
};

/** Why the two cannot be had here, or undefined when they can. They are built only where that was asked for. */
export function whyNoVelero(): string | undefined {
  const missing = [veleroProgram, pluginProgram].filter((program) => !isBuilt(program));
  if (missing.length === 0) return undefined;
  if (process.env.HOMELAB_VELERO !== "build")
    return `${missing.map(({ name, version }) => `${name} ${version}`).join(" and ")} take ten minutes to build: ask for it with HOMELAB_VELERO=build`;
  return missing.map(whyNoGo).find((reason) => reason !== undefined);
}
