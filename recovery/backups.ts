import { rpoHours as dumpLossHours } from "../components/data/dataService.ts";
import { etcdSnapshots } from "../components/k3s/config.ts";
import { type BackupSystem, backupFolder } from "../config/backups.ts";
import type { Lab } from "../config/lab.ts";
import { type Bucket, BucketClosed, type StoredObject } from "./bucket.ts";
import { type Finding, type Judgement, unchecked, valid, wrong } from "./finding.ts";

/** How the backups of one system are told from everything else that it keeps in its folder. */
interface Signs {
  readonly system: BackupSystem;
  /** Folders on the way to them, below the system's own; `*` is each one. */
  readonly under: readonly string[];
  /** A whole backup has an object whose key ends like this. */
  readonly is: RegExp;
  /** Where a backup that failed leaves such an object too: whether its text is that of a whole one. */
  readonly whole?: (text: string) => boolean;
  /** Whether they lie in that folder itself, beside folders that are long to list. */
  readonly flat: boolean;
  /** How old the newest may be, in hours. */
  readonly rpoHours: number;
  /** Whether a lab without any is in danger; the others are there where the lab has what they back up. */
  readonly always: boolean;
}

/** One a day, and the time that it takes. */
const day = 26;

/** Layouts as the systems write them: K3s, Velero, Longhorn's backup store, barman-cloud, Elasticsearch's repositories. */
export const signs: readonly Signs[] = [
  // The metadata of each snapshot lies in a folder of its own.
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

/** The generation that a rebuild of today would read. */
export const generationToRead = (lab: Pick<Lab, "config">) =>
  lab.config.restore?.generation ?? lab.config.backup.generation;

/** What is in the bucket for each system. @throws BucketClosed where the bucket cannot be read at all */
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

/** So many failures in a row are told as what they are, without a look at those before. */
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
      "look why: what they hold is not whole, and a restore of it would not be either",
    ),
  );
}

/** Whether what was found is young enough. */
export function judgeAge(
  { system, rpoHours, always }: Pick<Signs, "system" | "rpoHours" | "always">,
  newest: StoredObject | undefined,
  now: Date,
  { generation, lives }: { readonly generation: number; readonly lives: readonly string[] },
): Judgement {
  if (newest === undefined) {
    const others = lives.filter((other) => other !== String(generation));
    const elsewhere =
      others.length > 0 ? `; the bucket has other lives of this lab: ${others.join(", ")}` : "";
    return always
      ? wrong(
          `no backup of ${system} in generation ${generation}${elsewhere}`,
          others.length > 0
            ? "lab:backup.generation counts too far, or lab:restore.generation names the wrong one"
            : "look at what should write it: docs/reference/recovery-kit.md",
        )
      : unchecked(`none of ${system}${elsewhere}: right where the lab has nothing that it would keep`);
  }
  const hours = (now.getTime() - newest.modified.getTime()) / 3_600_000;
  if (Number.isNaN(hours))
    return wrong(`the age of ${newest.key} cannot be read`, "look at the object in the bucket");
  const age = hours < 48 ? `${Math.max(0, Math.round(hours))} h` : `${Math.round(hours / 24)} days`;
  return hours <= rpoHours
    ? valid(`the newest of ${system} is ${age} old`)
    : wrong(
        `the newest of ${system} is ${age} old, and may be ${rpoHours} h`,
        "what was written since is lost in a rebuild of today; look why no newer one was made",
      );
}
