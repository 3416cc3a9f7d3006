import { rpoHours as dumpLossHours } from "../components/data/dataService.ts";
import { etcdSnapshots } from "../components/k3s/config.ts";
import { type BackupSystem, backupFolder } from "../config/backups.ts";
import type { Lab } from "../config/lab.ts";
import { type Bucket, BucketClosed, type StoredObject } from "./bucket.ts";
import { type Finding, type Judgement, unchecked, valid, wrong } from "./finding.ts";

/** How the backups of one system are distinguished from its other objects. */
interface Signs {
  readonly system: BackupSystem;
  /** Folders above them, below the system's own; `*` matches any one. */
  readonly under: readonly string[];
  /** A complete backup has an object whose key ends like this. */
  readonly is: RegExp;
  /**
   * Whether the text of that object says that the backup is complete, where a failed backup leaves one too.
   */
  readonly whole?: (text: string) => boolean;
  /** Whether they are in that folder itself, next to folders with long listings. */
  readonly flat: boolean;
  /** Age limit of the newest one, in hours. */
  readonly rpoHours: number;
  /** Whether every lab has this system; a lab may lack the others. */
  readonly always: boolean;
}

/** One a day, and the time that it takes. */
const day = 26;

/**
 * Layouts in which the systems write: K3s, Velero, Longhorn's backup store, barman-cloud, Elasticsearch's
 * repositories.
 */
export const signs: readonly Signs[] = [
  // The metadata of each snapshot is in its own folder.
  {
    system: "etcd",
    under: [],
    is: /\/[^/]+$/,
    flat: true,
    rpoHours: etcdSnapshots.everyHours + 2,
    always: true,
  },
  {
    system: "velero",
    under: ["backups"],
    is: /\/velero-backup\.json$/,
    whole: (text) => /"phase":\s*"Completed"/.test(text),
    flat: false,
    rpoHours: day,
    always: true,
  },
  {
    system: "postgresql",
    under: ["*", "*", "base"],
    is: /\/backup\.info$/,
    whole: (text) => /^status=DONE$/m.test(text),
    flat: false,
    rpoHours: day,
    always: true,
  },
  {
    system: "longhorn",
    under: ["backupstore", "volumes", "*", "*", "*", "backups"],
    is: /\.cfg$/,
    flat: true,
    rpoHours: day,
    always: false,
  },
  {
    system: "elasticsearch",
    under: [],
    is: /\/snap-[^/]+\.dat$/,
    flat: true,
    rpoHours: dumpLossHours,
    always: false,
  },
  { system: "mongodb", under: [], is: /\.dump$/, flat: true, rpoHours: dumpLossHours, always: false },
  { system: "neo4j", under: [], is: /\.dump$/, flat: true, rpoHours: dumpLossHours, always: false },
];

/** The generation that a rebuild would read now. */
export const generationToRead = (lab: Pick<Lab, "config">) =>
  lab.config.restore?.generation ?? lab.config.backup.generation;

/** The newest backup of each system. @throws BucketClosed where the bucket cannot be read at all */
export async function findBackups(
  lab: Pick<Lab, "stack" | "config">,
  bucket: Pick<Bucket, "list" | "read">,
  now: Date,
): Promise<Finding[]> {
  const generation = generationToRead(lab);
  const lives = (await bucket.list(`${lab.stack}/`, { flat: true })).folders.map(
    (folder) => folder.split("/")[1] ?? "",
  );
  const findings = await Promise.all(
    signs.map(async (sign): Promise<Finding> => {
      const folder = backupFolder(lab, sign.system, generation);
      const found = { artefact: "backups", where: folder } as const;
      try {
        const newest = await newestOf(bucket, await look(bucket, `${folder}/`, sign.under, sign), sign);
        return { ...found, ...judgeAge(sign, newest, now, { generation, lives }) };
      } catch (error) {
        if (!(error instanceof BucketClosed)) throw error;
        return { ...found, ...error.judgement };
      }
    }),
  );
  return findings;
}

async function look(
  bucket: Pick<Bucket, "list">,
  prefix: string,
  [next, ...rest]: readonly string[],
  sign: Signs,
): Promise<StoredObject[]> {
  if (next === undefined)
    return (await bucket.list(prefix, { flat: sign.flat })).objects.filter(({ key }) => sign.is.test(key));
  if (next !== "*") return await look(bucket, `${prefix}${next}/`, rest, sign);
  const { folders } = await bucket.list(prefix, { flat: true });
  const found: StoredObject[] = [];
  // One after another: the store counts and limits requests.
  for (const folder of folders) found.push(...(await look(bucket, folder, rest, sign)));
  return found;
}

/** After so many failures in a row older backups are not read. */
const failuresInRow = 10;

/** @throws BucketClosed where the last backups all failed */
async function newestOf(
  bucket: Pick<Bucket, "read">,
  objects: readonly StoredObject[],
  { system, whole }: Signs,
): Promise<StoredObject | undefined> {
  const newest = objects.toSorted((one, other) => other.modified.getTime() - one.modified.getTime());
  if (whole === undefined) return newest[0];
  for (const object of newest.slice(0, failuresInRow))
    if (whole(await bucket.read(object.key))) return object;
  if (newest.length === 0) return undefined;
  throw new BucketClosed(
    wrong(
      `none of the last ${Math.min(newest.length, failuresInRow)} backups of ${system} was completed`,
      "find the cause: they are incomplete, and so would a restore be",
    ),
  );
}

/** Whether the newest backup is recent enough. */
export function judgeAge(
  { system, rpoHours, always }: Pick<Signs, "system" | "rpoHours" | "always">,
  newest: StoredObject | undefined,
  now: Date,
  { generation, lives }: { readonly generation: number; readonly lives: readonly string[] },
): Judgement {
  if (newest === undefined) {
    const others = lives.filter((other) => other !== String(generation));
    const elsewhere =
      others.length > 0 ? `; the bucket has other generations of this lab: ${others.join(", ")}` : "";
    return always
      ? wrong(
          `no backup of ${system} in generation ${generation}${elsewhere}`,
          others.length > 0
            ? "lab:backup.generation is too high, or lab:restore.generation names the wrong one"
            : "check the system that should write it: docs/reference/recovery-kit.md",
        )
      : unchecked(`none of ${system}${elsewhere}: correct if the lab has no data of it`);
  }
  const hours = (now.getTime() - newest.modified.getTime()) / 3_600_000;
  if (Number.isNaN(hours))
    return wrong(`the age of ${newest.key} cannot be read`, "check the object in the bucket");
  const age = hours < 48 ? `${Math.max(0, Math.round(hours))} h` : `${Math.round(hours / 24)} days`;
  return hours <= rpoHours
    ? valid(`the newest of ${system} is ${age} old`)
    : wrong(
        `the newest of ${system} is ${age} old, and may be at most ${rpoHours} h`,
        "a rebuild now would lose everything that was written since; find out why there is no newer backup",
      );
}
