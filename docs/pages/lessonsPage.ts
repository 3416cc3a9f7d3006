import { globSync } from "node:fs";
import { type LessonId, lessons } from "../../catalog/lessons.ts";
import type { Enforcement } from "../../components/feature.ts";
import { features } from "../../components/features.ts";
import { policyName } from "../../policy/guardOptions.ts";
import { lessonPolicies } from "../../policy/lessonPolicies.ts";

/** Where lessons are enforced other than by policies: by the reading of the configuration, and by each feature. */
const sources: readonly Enforcement[] = [
  { C5: [["config", "config/source.ts"]] },
  ...features.map(({ enforces }) => enforces),
];

/** The places that enforce each lesson, each once. */
export const enforcement: Enforcement = Object.fromEntries(
  (Object.keys(lessons) as LessonId[]).flatMap((id) => {
    const places = sources.flatMap((source) => source[id] ?? []);
    const unique = [...new Map(places.map((place) => [place.join(), place])).values()];
    return unique.length === 0 ? [] : [[id, unique]];
  }),
);

/** The lessons, and for each where a breach of it is refused; from the policies and the table above. */
export function lessonsPage(): string {
  const sections = (Object.keys(lessons) as LessonId[]).map((id) => {
    const policies = lessonPolicies
      .filter(({ lesson }) => lesson === id)
      .flatMap((policy) =>
        (["resource", "stack"] as const)
          .filter((part) => policy[part] !== undefined)
          .map((part) => `policy \`${policyName(policy, part)}\` (\`${policyFile(policy.key)}\`)`),
      );
    const elsewhere = (enforcement[id] ?? []).map(([kind, file]) => `${kind} \`${file}\``);
    const all = [...elsewhere, ...policies];
    return [
      `## ${id}`,
      "",
      `${lessons[id]}.`,
      "",
      all.length > 0 ? `Enforced by: ${all.join(", ")}.` : "Not enforced yet.",
      "",
    ].join("\n");
  });
  return [
    "# Lessons",
    "",
    "What this lab has paid for. Every refusal names one of these; *config* refuses before any resource is made, a *policy*",
    "and a *guard* at preview, a *gate* on the machine itself during `up`; an *alert* tells of what happens later; a *check* is a",
    "command that the owner runs.",
    "",
    ...sections,
  ].join("\n");
}

/** The file that defines a policy: every policy is in a folder of its topic. */
function policyFile(key: string): string {
  const [file] = globSync(`policy/*/${key}.ts`, { cwd: new URL("../..", import.meta.url) });
  if (file === undefined) throw new Error(`no file policy/TOPIC/${key}.ts defines the policy ${key}`);
  return file;
}
