import { addresses } from "./addresses.ts";
import { cpuHost } from "./cpuHost.ts";
import { credentials } from "./credentials.ts";
import { imageVersion } from "./imageVersion.ts";
import { k3sVersion } from "./k3sVersion.ts";
import { kubeletDirectory } from "./kubeletDirectory.ts";
import type { LessonPolicy } from "./lessonPolicy.ts";
import { mongodbVersion } from "./mongodbVersion.ts";
import { pinnedVersions } from "./pinnedVersions.ts";
import { protection } from "./protection.ts";
import { pullPolicy } from "./pullPolicy.ts";
import { serverCount } from "./serverCount.ts";
import { vlan } from "./vlan.ts";

/** Every policy of the pack, in the order of their lessons. */
export const lessonPolicies: readonly LessonPolicy[] = [
  cpuHost,
  mongodbVersion,
  credentials,
  vlan,
  addresses,
  pullPolicy,
  imageVersion,
  serverCount,
  k3sVersion,
  kubeletDirectory,
  protection,
  pinnedVersions,
];
