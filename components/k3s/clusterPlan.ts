import type { Lab, Node } from "../../config/lab.ts";
import { mirrorsOf } from "../../config/mirrors.ts";
import type { Settings } from "../node/guestSettings.ts";
import type { ClusterIdentity } from "./changes.ts";
import { apiUrl, disabledAddons, type MemberSecrets } from "./config.ts";
import {
  archiveSettings,
  configureSettings,
  forgetSettings,
  imagesSettings,
  installSettings,
  verifySettings,
} from "./k3sSteps.ts";

/** The steps that make a node a member of the cluster. */
export interface MemberPlan {
  readonly node: Node;
  /** Settings of configure-k3s.sh. */
  readonly configure: (secrets: MemberSecrets) => Settings;
  /** Settings of install-k3s.sh. */
  readonly install: Settings;
  /** Settings of pull-images.sh. */
  readonly images: Settings;
  /** Settings of place-archive.sh; undefined in a lab without an image archive. */
  readonly archive: Settings | undefined;
  /**
   * Settings of forget-node.sh and the server that runs it. Undefined for a node that was never rebuilt, and in a cluster
   * without another server.
   */
  readonly forget: { readonly settings: Settings; readonly server: string } | undefined;
}

/** A cluster as it follows from the configuration. */
export interface ClusterPlan {
  /** Inputs of the component, which the change guard and the policies compare. */
  readonly inputs: ClusterIdentity & {
    readonly servers: readonly string[];
    readonly disabled: readonly string[];
    readonly mirrors: Readonly<Record<string, readonly string[]>>;
    readonly hasArchive: boolean;
  };
  /** Members in the order in which they join: servers one after another, then agents in parallel. */
  readonly servers: readonly MemberPlan[];
  readonly agents: readonly MemberPlan[];
  /** Settings of verify-k3s.sh. */
  readonly verify: Settings;
  /** Addresses of all members; another address runs verify-k3s.sh again. */
  readonly addresses: readonly string[];
  /** URL of the Kubernetes API. */
  readonly apiUrl: string;
  /** Name of cluster, user and context in the kubeconfig. */
  readonly kubeconfigName: string;
  /** Values that fetch the kubeconfig again when they change. */
  readonly kubeconfigTriggers: readonly string[];
  /** `clusterIdentifier` of the Kubernetes provider. Another one replaces every object in the cluster. */
  readonly clusterIdentifier: string;
  /** Whether the cluster is restored from a backup, so that objects may exist before the program creates them. */
  readonly isRestored: boolean;
  /** Whether Pulumi protects the token from deletion. */
  readonly protect: boolean;
}

export function clusterPlan(lab: Lab): ClusterPlan {
  const { cluster } = lab.config;
  const member = (node: Node) => memberPlan(lab, node);
  return {
    inputs: {
      revision: cluster.revision,
      nodes: Object.fromEntries(lab.nodes.map(({ name, rebuild = "" }) => [name, rebuild])),
      version: cluster.version,
      kubeletDirectory: cluster.kubeletDirectory,
      podCidr: cluster.podCidr,
      serviceCidr: cluster.serviceCidr,
      servers: lab.servers.map((node) => node.name),
      disabled: disabledAddons,
      mirrors: mirrorsOf(lab.config),
      hasArchive: cluster.archiveChecksum !== undefined,
    },
    servers: lab.servers.map(member),
    agents: lab.agents.map(member),
    verify: verifySettings(lab),
    addresses: lab.nodes.map((node) => node.address),
    apiUrl: apiUrl(lab),
    kubeconfigName: lab.stack,
    // The client certificate is valid for one year.
    kubeconfigTriggers: [cluster.version, cluster.kubeconfigRotation],
    clusterIdentifier: `${lab.stack}-${cluster.revision}`,
    isRestored: lab.config.restore !== undefined,
    protect: lab.isProtected,
  };
}

function memberPlan(lab: Lab, node: Node): MemberPlan {
  const otherServer = lab.servers.find((server) => server !== node);
  return {
    node,
    configure: (secrets) => configureSettings(lab, node, secrets),
    install: installSettings(lab, node),
    images: imagesSettings(lab, node),
    archive: archiveSettings(lab),
    forget:
      node.rebuild === undefined || otherServer === undefined
        ? undefined
        : { settings: forgetSettings(node), server: otherServer.name },
  };
}
