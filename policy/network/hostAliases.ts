import type { LessonPolicy } from "../lessonPolicy.ts";
import { itemsAt, known, unknownValue } from "../queries/known.ts";
import { podSpecOf, releaseEntries } from "../queries/workloads.ts";

export const hostAliases: LessonPolicy = {
  key: "hostAliases",
  lesson: "N7",
  description: "no pod has host aliases; CoreDNS resolves the lab's names",
  severity: "medium",
  remediationSteps:
    "remove hostAliases; CoreDNS resolves the lab's domain to the address of the gateway, for every pod",
  validateResource: (resource) => {
    const pod = known(() => podSpecOf(resource));
    const fields = [
      ...(pod === undefined ? [] : [{ field: `${pod.field}.hostAliases`, holder: pod.spec }]),
      ...releaseEntries(resource)
        .filter(({ key }) => key === "hostAliases")
        .map(({ path, parent }) => ({ field: path, holder: parent })),
    ];
    return fields.flatMap(({ field, holder }) => {
      const aliases = itemsAt(holder, "hostAliases").filter((alias) => alias !== unknownValue);
      const names = aliases
        .flatMap((alias) => itemsAt(alias, "hostnames"))
        .filter((name) => name !== unknownValue);
      return aliases.length === 0
        ? []
        : [
            {
              resource,
              field,
              value: names,
              message:
                "overrides DNS for these pods only, so a later change of an address does not reach them",
            },
          ];
    });
  },
};
