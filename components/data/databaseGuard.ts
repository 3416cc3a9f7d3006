import type pulumi from "@pulumi/pulumi";
import type { LessonId } from "../../catalog/lessons.ts";
import { changeGuard } from "../changeGuard.ts";
import { type DatabaseIdentity, refusedDatabaseChange } from "./databaseChanges.ts";

/**
 * Hooks that reject a change, or a replacement, that would abandon a database's data or make it unreadable.
 */
export function databaseGuard(
  database: string,
  lesson: LessonId,
): { readonly beforeCreate: pulumi.ResourceHook[]; readonly beforeUpdate: pulumi.ResourceHook[] } {
  const guard = changeGuard<DatabaseIdentity>(`${database}-change-guard`, (old, now) =>
    refusedDatabaseChange(database, lesson, old, now),
  );
  return { beforeCreate: [guard], beforeUpdate: [guard] };
}
