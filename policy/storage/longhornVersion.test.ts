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
      'longhorn.version = "1.6.2" is older than 1.9',
      "fsGroup",
    ],
    [
      "an old one by another way to the chart",
      [longhorn({ chart: "oci://mirror.lab/longhorn/longhorn", version: "v1.8.2" })],
      '"v1.8.2" is older than 1.9',
    ],
    [
      "one that is new enough and does not exist",
      [longhorn({ version: "1.11.9" })],
      '"1.11.9" is no release that this program knows',
      "1.8.3",
      longhornVersions.join(", "),
    ],
  ],
});
