import { backupLocations } from "./backup/backupLocations.ts";
import { backupSchedules } from "./backup/backupSchedules.ts";
import { blockedServices } from "./data/blockedServices.ts";
import { databaseBackups } from "./data/databaseBackups.ts";
import { directoryBackup } from "./data/directoryBackup.ts";
import { elasticsearch } from "./data/elasticsearch.ts";
import { elasticsearchClosed } from "./data/elasticsearchClosed.ts";
import { mongodbGate } from "./data/mongodbGate.ts";
import { mongodbVersion } from "./data/mongodbVersion.ts";
import { cookieSecret } from "./identity/cookieSecret.ts";
import { credentials } from "./identity/credentials.ts";
import { loginRequired } from "./identity/loginRequired.ts";
import { oneIssuer } from "./identity/oneIssuer.ts";
import { dockerInDocker } from "./images/dockerInDocker.ts";
import { imageSources } from "./images/imageSources.ts";
import { imageVersion } from "./images/imageVersion.ts";
import { pullPolicy } from "./images/pullPolicy.ts";
import { k3sVersion } from "./k3s/k3sVersion.ts";
import { kubeletDirectory } from "./k3s/kubeletDirectory.ts";
import { serverCount } from "./k3s/serverCount.ts";
import type { LessonPolicy } from "./lessonPolicy.ts";
import { addresses } from "./machines/addresses.ts";
import { cpuHost } from "./machines/cpuHost.ts";
import { vlan } from "./machines/vlan.ts";
import { bgpPeers } from "./network/bgpPeers.ts";
import { gatewayProtocols } from "./network/gatewayProtocols.ts";
import { hostAliases } from "./network/hostAliases.ts";
import { oneGateway } from "./network/oneGateway.ts";
import { routeBackends } from "./network/routeBackends.ts";
import { routeClaims } from "./network/routeClaims.ts";
import { wildcardTls } from "./network/wildcardTls.ts";
import { monitoringStorage } from "./observability/monitoringStorage.ts";
import { declaredDisks } from "./storage/declaredDisks.ts";
import { diskLabels } from "./storage/diskLabels.ts";
import { longhornVersion } from "./storage/longhornVersion.ts";
import { protection } from "./storage/protection.ts";
import { storageCapacity } from "./storage/storageCapacity.ts";
import { storageClassFit } from "./storage/storageClassFit.ts";
import { storageGate } from "./storage/storageGate.ts";
import { namespaceGuards } from "./workloads/namespaceGuards.ts";
import { oneRelease } from "./workloads/oneRelease.ts";
import { pinnedVersions } from "./workloads/pinnedVersions.ts";
import { podCapacity } from "./workloads/podCapacity.ts";
import { privilegedPods } from "./workloads/privilegedPods.ts";

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
