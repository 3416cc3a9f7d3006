import { backupFolder, restorePoint } from "../../config/backups.ts";
import type { Lab } from "../../config/lab.ts";
import type { DatabaseBackup } from "./dataService.ts";

/**
 * The data that a database starts with: a restore from an earlier generation, or a move from another node.
 */
export interface Order {
  /** Name of the order; each order is carried out once. */
  readonly name: string;
  /** Folder of an earlier generation; undefined for a move, which uses that of this generation. */
  readonly folder: string | undefined;
  /** Latest time of the backup that may be used, as RFC 3339 in UTC. */
  readonly until: string | undefined;
  readonly overwrite: boolean;
}

/**
 * The order for a database, if there is one. A restore has precedence over a move: a rebuilt lab has nothing
 * to move.
 */
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
