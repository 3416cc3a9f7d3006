import semver from "semver";
import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";

/** The inputs of a database that its change guard compares. */
export interface DatabaseIdentity {
  readonly version: string;
  /** The node whose directory holds its data; undefined where it is on a volume that can move. */
  readonly node?: string;
  readonly movedFrom?: string;
}

/**
 * Rejects a downgrade or a skipped major version of a database (C2), and a move to another node without its
 * data (D1).
 */
export function refusedDatabaseChange(
  database: string,
  lesson: LessonId,
  old: DatabaseIdentity | undefined,
  now: DatabaseIdentity,
): Diagnostic[] {
  if (old === undefined)
    return now.movedFrom === undefined
      ? []
      : [
          {
            path: `lab:data.${database}.movedFrom`,
            lesson,
            message: `orders a move from ${now.movedFrom}, and the state of this lab has no ${database}`,
            fix: "remove the line; to restore data into a rebuilt lab, use lab:restore",
          },
        ];
  return [...refusedVersion(database, old.version, now.version), ...refusedMove(database, lesson, old, now)];
}

function refusedVersion(database: string, old: string, now: string): Diagnostic[] {
  const [from, to] = [parse(old), parse(now)];
  const path = `lab:data.${database}.version`;
  if (semver.lt(to, from))
    return [
      {
        path,
        lesson: "C2",
        message: `is downgraded from ${old} to ${now}; ${now} cannot read data that a newer release has written`,
        fix: `run ${old} or a later version, and fix the problem that it has`,
      },
    ];
  if (to.major > from.major + 1)
    return [
      {
        path,
        lesson: "C2",
        message: `jumps from ${old} to ${now}; a release reads only the data of the major version before it`,
        fix: `upgrade to a release of ${from.major + 1} first`,
      },
    ];
  return [];
}

function refusedMove(
  database: string,
  lesson: LessonId,
  old: DatabaseIdentity,
  now: DatabaseIdentity,
): Diagnostic[] {
  if (old.node === now.node || now.movedFrom === old.node) return [];
  return [
    {
      path: `lab:data.${database}.node`,
      lesson,
      message: `changes from ${old.node} to ${now.node}, and its data is in a directory of ${old.node}`,
      fix: `add movedFrom: ${old.node}, and the data moves with it (docs/runbooks/move-elasticsearch.md)`,
    },
  ];
}

function parse(version: string): semver.SemVer {
  const parsed = semver.parse(version);
  if (parsed === null) throw new Error(`${version} is not a version`);
  return parsed;
}
