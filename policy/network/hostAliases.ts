import type { LessonPolicy } from "../lessonPolicy.ts";
import { itemsAt, known, unknownValue } from "../queries/known.ts";
import { podSpecOf, releaseEntries } from "../queries/workloads.ts";

export const hostAliases: LessonPolicy = {
  key: "hostAliases",
  lesson: "N7",
  description: "no pod has host aliases: names are CoreDNS's to answer",
  severity: "medium",
  fix: "leave hostAliases out; CoreDNS answers the lab's domain with the gateway's address, for every pod at once",
  resource: (resource) => {
    const pod = known(() => podSpecOf(resource));
    const places = [
      ...(pod === undefined ? [] : [{ field: `${pod.field}.hostAliases`, holder: pod.spec }]),
      ...releaseEntries(resource)
        .filter(({ key }) => key === "hostAliases")
        .map(({ path, parent }) => ({ field: path, holder: parent })),
    ];
    return places.flatMap(({ field, holder }) => {
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
              message: "hides the names' real addresses from these pods alone",
            },
          ];
    });
  },
};
