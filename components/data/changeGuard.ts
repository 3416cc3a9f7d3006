import pulumi from "@pulumi/pulumi";
import type { LessonId } from "../../config/lessons.ts";
import { describeChanges } from "../refusedChange.ts";
import { type DatabaseIdentity, refusedDatabaseChange } from "./databaseChanges.ts";

/** Refuses, at preview and at `up`, what would leave a database's data behind or make it unreadable. */
export function databaseGuard(
  database: string,
  lesson: LessonId,
): { readonly beforeCreate: pulumi.ResourceHook[]; readonly beforeUpdate: pulumi.ResourceHook[] } {
  const guard = new pulumi.ResourceHook(
    `${database}-change-guard`,
    ({ oldInputs, newInputs }) => {
      const refused = refusedDatabaseChange(
        database,
        lesson,
        oldInputs as DatabaseIdentity | undefined,
        newInputs as DatabaseIdentity,
      );
      if (refused.length > 0) throw new Error(describeChanges(refused));
    },
    { onDryRun: true },
  );
  return { beforeCreate: [guard], beforeUpdate: [guard] };
}
