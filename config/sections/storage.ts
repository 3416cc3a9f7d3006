import { z } from "zod";
import { charts, longhornVersions } from "../../catalog/charts.ts";
import { absolutePath, address, advice, integer, name, pattern } from "../fields.ts";

export const storage = z.strictObject({
  replicas: integer("the replicas of a volume", 1, 10, "S9"),
  reservePercent: integer("the share of each disk kept free, in percent", 5, 60, "S9"),
  /** Longhorn's release; an older one only while an upgrade is on its way through every minor version. */
  longhornVersion: z
    .enum(longhornVersions, {
      error: (issue) =>
        issue.input === undefined ? undefined : "is no release of Longhorn that the program can install",
    })
    .register(advice, { fix: `write one of ${longhornVersions.join(", ")}`, lesson: "P3" })
    .default(charts.longhorn.version),
  /** Storage classes on disks with a tag, beside the class longhorn on all of them: `optane` becomes longhorn-optane. */
  tiers: z
    .record(
      name("a tier"),
      z.strictObject({
        tag: name("a disk tag"),
        replicas: integer("the replicas of a volume", 1, 10, "S9"),
      }),
    )
    .default({}),
  /** Directories of a file server, by name: `media` becomes the storage class nfs-media. */
  shares: z
    .record(
      name("a share"),
      z.strictObject({
        server: address("S10"),
        path: absolutePath("S10"),
        sizeGiB: integer("the size of the share in GiB", 1, 10_000_000, "S10"),
        mountOptions: z
          .array(
            pattern(
              "a mount option",
              /^[a-z]+(=[a-z0-9.,_-]+)?$/,
              "write options as mount -o takes them, one an entry, such as nfsvers=4.2",
              "S10",
            ),
          )
          .default(["nfsvers=4.2", "hard", "noatime"]),
      }),
    )
    .default({}),
  /** How old the newest backup of every volume may be when storage is upgraded. */
  backupLimitHours: integer("the age of the newest backup in hours", 1, 168, "K4").default(26),
});
