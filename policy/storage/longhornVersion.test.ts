import { longhornVersions } from "../../catalog/charts.ts";
import { describePolicy } from "../testing/describePolicy.ts";
import { release, unknown } from "../testing/resources.ts";
import { longhorn } from "../testing/storageResources.ts";
import { longhornVersion } from "./longhornVersion.ts";

describePolicy(longhornVersion, {
  valid: [
    ...longhornVersions.map((version) => longhorn({ version })),
    longhorn({ version: unknown }),
    release({ chart: "longhorn-exporter", version: "1.6.2" }),
  ],
  invalid: [
    [
      "the release with the fsGroup bug",
      [longhorn({ version: "1.6.2" })],
      'longhorn.version = "1.6.2": is older than 1.9',
      "fsGroup",
    ],
    [
      "an old release of a chart from a registry",
      [longhorn({ chart: "oci://mirror.lab/longhorn/longhorn", version: "v1.8.2" })],
      '"v1.8.2": is older than 1.9',
    ],
    [
      "a release that does not exist",
      [longhorn({ version: "1.11.9" })],
      '"1.11.9": is not a release in the chart catalogue',
      "1.8.3",
      longhornVersions.join(", "),
    ],
  ],
});
