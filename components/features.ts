import { appsFeature } from "./apps/appsFeature.ts";
import { backupFeature } from "./backup/backupFeature.ts";
import { dataFeature } from "./data/dataFeature.ts";
import type { Feature } from "./feature.ts";
import { identityFeature } from "./identity/identityFeature.ts";
import { k3sFeature } from "./k3s/k3sFeature.ts";
import { kubernetesFeature } from "./kubernetes/kubernetesFeature.ts";
import { mcpFeature } from "./mcp/mcpFeature.ts";
import { networkFeature } from "./network/networkFeature.ts";
import { nodeFeature } from "./node/nodeFeature.ts";
import { observabilityFeature } from "./observability/observabilityFeature.ts";
import { postgresFeature } from "./postgres/postgresFeature.ts";
import { proxmoxFeature } from "./proxmox/proxmoxFeature.ts";
import { registryFeature } from "./registry/registryFeature.ts";
import { storageFeature } from "./storage/storageFeature.ts";
import { tailscaleFeature } from "./tailscale/tailscaleFeature.ts";

/** Every feature of the lab, in the order in which they are created. */
export const features: readonly Feature[] = [
  proxmoxFeature,
  nodeFeature,
  k3sFeature,
  kubernetesFeature,
  networkFeature,
  storageFeature,
  backupFeature,
  postgresFeature,
  registryFeature,
  identityFeature,
  observabilityFeature,
  dataFeature,
  appsFeature,
  mcpFeature,
  tailscaleFeature,
];
