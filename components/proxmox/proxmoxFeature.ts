import { virtualMachineType } from "../../catalog/resourceTypes.ts";
import { ofType } from "../duration.ts";
import type { Feature } from "../feature.ts";

/** Proxmox VE: the system image, cloud-init and virtual machines. */
export const proxmoxFeature: Feature = {
  name: "proxmox",
  charts: [],
  definitions: {},
  backupPolicies: () => [],
  alerts: () => [],
  scrapeTargets: [],
  steps: {},
  durations: [
    {
      what: "download of the system image",
      seconds: 45,
      source: "estimate: 340 MB at 100 Mbit/s, and the checksum",
      applies: ofType("proxmoxve:download/file:File"),
    },
    {
      what: "user data written to the host",
      seconds: 2,
      source: "estimate: one SFTP session",
      applies: ofType("proxmoxve:index/fileLegacy:FileLegacy"),
    },
    {
      what: "virtual machine, its disk imported",
      seconds: 40,
      source:
        "estimate: a full clone takes about 5 s under the storage lock (LINBIT/linstor-proxmox#73), seven machines queue for it",
      applies: ofType(virtualMachineType),
    },
  ],
  readiness: {},
  enforces: {
    C1: [["config", "config/schema.ts"]],
    C3: [
      ["config", "config/rules/capacity.ts"],
      ["config", "config/rules/datastores.ts"],
    ],
    S3: [["guard", "components/proxmox/diskChanges.ts"]],
    P3: [
      ["config", "config/rules/systemImage.ts"],
      ["config", "config/sections/proxmox.ts"],
    ],
  },
};
