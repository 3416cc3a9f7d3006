import { z } from "zod";
import { charts, longhornVersions } from "../../catalog/charts.ts";
import { field, fields, section } from "../fieldDocs.ts";
import { absolutePath, address, advice, integer, name, pattern } from "../fields.ts";

const replaced =
  "The StorageClass is replaced. New volumes use the new value; existing volumes keep theirs: change them in Longhorn.";
const ofShare =
  "The PersistentVolume is replaced: remove the claims first. Refused while the lab is protected (`lab:production`).";

const tier = fields({
  tag: field(name("a disk tag"), {
    meaning: "Disk tag of the tier. Only disks with this tag store its volumes.",
    example: "nvme",
    change: replaced,
  }),
  replicas: field(integer("the replicas of a volume", 1, 10, "S9"), {
    meaning: "Replicas of each volume, at most one for each node that has a disk with the tag (S9).",
    unit: "replicas",
    example: 2,
    change: replaced,
  }),
});

const share = fields({
  server: field(address("S10"), {
    meaning: "IPv4 address of the NFS server.",
    example: "10.20.1.9",
    change: ofShare,
  }),
  path: field(absolutePath("S10"), {
    meaning: "Exported path on the server.",
    example: "/volume1/media",
    change: ofShare,
  }),
  sizeGiB: field(integer("the size of the share in GiB", 1, 10_000_000, "S10"), {
    meaning: "Capacity of the PersistentVolume. NFS does not enforce it.",
    unit: "GiB",
    example: 4000,
    change: "The capacity of the PersistentVolume changes. Claims keep their size.",
  }),
  mountOptions: field(
    z
      .array(
        pattern(
          "a mount option",
          /^[a-z]+(=[a-z0-9.,_-]+)?$/,
          "write options as mount -o takes them, one an entry, such as nfsvers=4.2",
          "S10",
        ),
      )
      .default(["nfsvers=4.2", "hard", "noatime"]),
    {
      meaning: "NFS mount options, one for each entry.",
      example: ["nfsvers=4.2", "hard", "noatime"],
      change: "Pods that start afterwards mount with the new options.",
    },
  ),
});

export const storage = fields({
  replicas: field(integer("the replicas of a volume", 1, 10, "S9"), {
    meaning:
      "Replicas of each volume of the StorageClass `longhorn`, at most one for each node that has disks (S9).",
    unit: "replicas",
    example: 2,
    change: "New volumes use the new number. Existing volumes keep theirs: change them in Longhorn.",
  }),
  reservePercent: field(integer("the share of each disk kept free, in percent", 5, 60, "S9"), {
    meaning: "Share of each disk that Longhorn leaves free.",
    unit: "percent",
    example: 30,
    change:
      "New disks use the new share. Existing disks keep theirs: change their reserved storage in Longhorn.",
  }),
  longhornVersion: field(
    z
      .enum(longhornVersions, {
        error: (issue) =>
          issue.input === undefined ? undefined : "is no release of Longhorn that the program can install",
      })
      .register(advice, { fix: `write one of ${longhornVersions.join(", ")}`, lesson: "P3" })
      .default(charts.longhorn.version),
    {
      meaning:
        "Longhorn release. Set an older one only during an upgrade that goes through every minor version (S8).",
      example: "1.12.1",
      change:
        "Upgrades Longhorn, after a check that every volume has a recent backup (K4). An older release and a skipped minor version are refused (S8).",
    },
  ),
  tiers: section(z.record(name("a tier"), tier).default({}), {
    meaning:
      "Additional StorageClasses on disks with a tag: the tier `fast` becomes `longhorn-fast`. The StorageClass `longhorn` uses every disk.",
    change:
      "The StorageClass is created or deleted. Volumes of a deleted StorageClass stay, and no new claim can use it.",
  }),
  shares: section(z.record(name("a share"), share).default({}), {
    meaning: "NFS exports as volumes: the share `media` becomes the StorageClass `nfs-media`.",
    change:
      "A new share is added at once. Removing one is refused while the lab is protected; the files on the server stay in any case.",
  }),
  maxBackupAgeHours: field(integer("the age of the newest backup in hours", 1, 168, "K4").default(26), {
    meaning: "Maximum age of the newest backup of every volume when Longhorn is upgraded (K4).",
    unit: "hours",
    example: 26,
    change: "The next upgrade of Longhorn is checked against it.",
  }),
});
