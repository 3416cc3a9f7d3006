import semver from "semver";
import { longhornVersions } from "../../catalog/charts.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";

const path = "lab:storage.longhornVersion";

/** S8 and C2: rejects a downgrade of Longhorn and a skipped minor version. Returns nothing when the change is allowed. */
export function refusedLonghornVersion(old: string, now: string): Diagnostic[] {
  const from = parse(old);
  const to = parse(now);
  if (semver.lt(to, from))
    return [
      {
        path,
        lesson: "S8",
        message: `goes down from ${old} to ${now}; Longhorn cannot read the data of a newer release`,
        fix: `write ${old} or a later version; to return to earlier data, restore a backup`,
      },
    ];
  if (to.major === from.major && to.minor <= from.minor + 1) return [];
  const next = longhornVersions.find((version) => parse(version).minor === from.minor + 1);
  return [
    {
      path,
      lesson: "S8",
      message: `jumps from ${old} to ${now}; Longhorn upgrades through every minor version`,
      fix:
        next === undefined
          ? `no release of ${from.major}.${from.minor + 1} is known to this program: upgrade to one manually by Longhorn's upgrade guide, then run the program again`
          : `upgrade to ${next} first, then continue`,
    },
  ];
}

function parse(version: string): semver.SemVer {
  const parsed = semver.parse(version);
  if (parsed === null) throw new Error(`${version} is not a version`);
  return parsed;
}
