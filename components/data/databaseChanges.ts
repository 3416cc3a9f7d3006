import semver from "semver";
import type { LessonId } from "../../catalog/lessons.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";

/** What a database is, as its component has it: the inputs that the change guard compares. */
export interface DatabaseIdentity {
  readonly version: string;
  /** The node whose directory holds its data; undefined where its volume goes wherever it goes. */
  readonly node?: string;
  readonly movedFrom?: string;
}

/** C2 and D1: a database never goes down, never past a major version, and leaves its node only with its data. */
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
            message: `orders a move from ${now.movedFrom}, and this lab's state knows no ${database} yet`,
            fix: "remove the line; what comes back in a lab that is made anew says lab:restore",
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
        message: `goes down from ${old} to ${now}; it cannot read what a newer release has written`,
        fix: `run ${old} or a later version, and fix what stands in its way`,
      },
    ];
  if (to.major > from.major + 1)
    return [
      {
        path,
        lesson: "C2",
        message: `jumps from ${old} to ${now}; it reads only what the major version before has written`,
        fix: `go to a release of ${from.major + 1} first, and from there on`,
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
      message: `changes from ${old.node} to ${now.node}, and its data lies in a directory of ${old.node}`,
      fix: `write movedFrom: ${old.node} beside it, and it takes its data along (docs/runbooks/move-elasticsearch.md)`,
    },
  ];
}

function parse(version: string): semver.SemVer {
  const parsed = semver.parse(version);
  if (parsed === null) throw new Error(`${version} is no version`);
  return parsed;
}
