import type { GoProgram } from "./goProgram.ts";

/** Velero itself, as the chart's image has it. */
export const veleroProgram: GoProgram = {
  name: "velero",
  module: "github.com/vmware-tanzu/velero",
  version: "v1.18.1",
  package: "cmd/velero",
  inPlace: true,
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
};
