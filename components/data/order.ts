import { backupFolder, restorePoint } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import type { DatabaseBackup } from "./dataService.ts";

/** What a database is to begin with, beside what it has: a restore from an earlier generation, or a move from another node. */
export interface Order {
  /** Names it, so that it is carried out once. */
  readonly name: string;
  /** The folder of an earlier generation; undefined for a move, which takes this generation's own. */
  readonly folder: string | undefined;
  /** The moment that its backups may be of at the latest, as RFC 3339 in UTC. */
  readonly until: string | undefined;
  readonly overwrite: boolean;
}

/** The order for a database, if there is one. A restore comes before a move: there is nothing to move in a lab made anew. */
export function orderOf(
  lab: Pick<Lab, "stack" | "config">,
  { namespace, system }: Pick<DatabaseBackup, "namespace" | "system">,
  move?: { readonly movedFrom?: string | undefined; readonly node: string },
): Order | undefined {
  const point = restorePoint(lab, namespace);
  if (point !== undefined)
    return {
      name: `generation ${point.generation} ${point.backup}`,
      folder: backupFolder(lab, system, point.generation),
      until: point.moment,
      overwrite: point.overwrite,
    };
  if (move?.movedFrom === undefined) return undefined;
  return {
    name: `moved from ${move.movedFrom} to ${move.node}`,
    folder: undefined,
    until: undefined,
    overwrite: false,
  };
}
