import { addresses } from "./addresses.ts";
import { backupLocations } from "./backupLocations.ts";
import { backupSchedules } from "./backupSchedules.ts";
import { bgpPeers } from "./bgpPeers.ts";
import { blockedServices } from "./blockedServices.ts";
import { cookieSecret } from "./cookieSecret.ts";
import { cpuHost } from "./cpuHost.ts";
import { credentials } from "./credentials.ts";
import { databaseBackups } from "./databaseBackups.ts";
import { declaredDisks } from "./declaredDisks.ts";
import { directoryBackup } from "./directoryBackup.ts";
import { diskLabels } from "./diskLabels.ts";
import { dockerInDocker } from "./dockerInDocker.ts";
import { elasticsearch } from "./elasticsearch.ts";
import { elasticsearchClosed } from "./elasticsearchClosed.ts";
import { gatewayProtocols } from "./gatewayProtocols.ts";
import { hostAliases } from "./hostAliases.ts";
import { imageSources } from "./imageSources.ts";
import { imageVersion } from "./imageVersion.ts";
import { k3sVersion } from "./k3sVersion.ts";
import { kubeletDirectory } from "./kubeletDirectory.ts";
import type { LessonPolicy } from "./lessonPolicy.ts";
import { loginRequired } from "./loginRequired.ts";
import { longhornVersion } from "./longhornVersion.ts";
import { mongodbGate } from "./mongodbGate.ts";
import { mongodbVersion } from "./mongodbVersion.ts";
import { monitoringStorage } from "./monitoringStorage.ts";
import { namespaceGuards } from "./namespaceGuards.ts";
import { oneGateway } from "./oneGateway.ts";
import { oneIssuer } from "./oneIssuer.ts";
import { oneRelease } from "./oneRelease.ts";
import { pinnedVersions } from "./pinnedVersions.ts";
import { podCapacity } from "./podCapacity.ts";
import { privilegedPods } from "./privilegedPods.ts";
import { protection } from "./protection.ts";
import { pullPolicy } from "./pullPolicy.ts";
import { routeBackends } from "./routeBackends.ts";
import { routeClaims } from "./routeClaims.ts";
import { serverCount } from "./serverCount.ts";
import { storageCapacity } from "./storageCapacity.ts";
import { storageClassFit } from "./storageClassFit.ts";
import { storageGate } from "./storageGate.ts";
import { vlan } from "./vlan.ts";
import { wildcardTls } from "./wildcardTls.ts";

/** Every policy of the pack, in the order of their lessons. */
export const lessonPolicies: readonly LessonPolicy[] = [
  cpuHost,
  mongodbVersion,
  podCapacity,
  credentials,
  vlan,
  addresses,
  bgpPeers,
  hostAliases,
  gatewayProtocols,
  routeClaims,
  routeBackends,
  oneGateway,
  pullPolicy,
  imageVersion,
  imageSources,
  dockerInDocker,
  serverCount,
  k3sVersion,
  kubeletDirectory,
  declaredDisks,
  diskLabels,
  longhornVersion,
  storageCapacity,
  storageClassFit,
  storageGate,
  protection,
  elasticsearch,
  elasticsearchClosed,
  directoryBackup,
  mongodbGate,
  backupSchedules,
  backupLocations,
  databaseBackups,
  blockedServices,
  cookieSecret,
  oneIssuer,
  loginRequired,
  wildcardTls,
  monitoringStorage,
  namespaceGuards,
  oneRelease,
  pinnedVersions,
  privilegedPods,
];
