import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../catalog/componentTypes.ts";
import type { Lab as LabPlan } from "../config/lab.ts";
import { ownRegistryHost } from "../config/registry.ts";
import { advisedInput } from "../policy/guardOptions.ts";
import { Itil, itilPlan } from "./apps/itil.ts";
import { Backup } from "./backup/backup.ts";
import { backupPlan } from "./backup/backupPlan.ts";
import { Data } from "./data/data.ts";
import { dataPlan } from "./data/dataPlan.ts";
import type { SecretOutputs } from "./engineConfiguration.ts";
import { features } from "./features.ts";
import { Identity, identityPlan } from "./identity/identity.ts";
import { loginGate } from "./identity/loginGate.ts";
import { Cluster } from "./k3s/cluster.ts";
import { clusterPlan } from "./k3s/clusterPlan.ts";
import { apiUrl } from "./k3s/config.ts";
import { McpServers } from "./mcp/mcpServers.ts";
import { Network } from "./network/network.ts";
import { networkPlan } from "./network/networkPlan.ts";
import { existingHost } from "./node/existingHost.ts";
import { guestBundle, guestScripts } from "./node/guestBundle.ts";
import { PreparedNode } from "./node/node.ts";
import { nodeSettings, peersOf } from "./node/nodeSteps.ts";
import { publicKeyOf } from "./node/sshKey.ts";
import { monitoringDefinitions } from "./observability/definitions.ts";
import { Observability, observabilityArgs } from "./observability/observability.ts";
import { PostgresOperator, postgresOperatorArgs } from "./postgres/operator.ts";
import { virtualMachineArgs } from "./proxmox/machineArgs.ts";
import { Proxmox } from "./proxmox/proxmox.ts";
import { proxmoxArgs } from "./proxmox/proxmoxArgs.ts";
import { VirtualMachine } from "./proxmox/virtualMachine.ts";
import { RegistryAccess } from "./registry/access.ts";
import { Registry } from "./registry/registry.ts";
import { registryPlan } from "./registry/registrySteps.ts";
import { Storage } from "./storage/storage.ts";
import { storagePlan } from "./storage/storagePlan.ts";
import { Tailscale } from "./tailscale/tailscale.ts";

/** The whole lab, one layer after another: machines, prepared nodes, cluster, network, storage, identity, monitoring, applications. */
export class Lab extends pulumi.ComponentResource {
  /** The prepared nodes by name. */
  readonly nodes: ReadonlyMap<string, PreparedNode>;
  readonly cluster: Cluster;
  readonly network: Network;
  readonly storage: Storage;
  readonly backup: Backup;
  /** Runs and backs up every PostgreSQL cluster of the lab. */
  readonly postgres: PostgresOperator;
  readonly identity: Identity;
  readonly observability: Observability;
  /** The login gate: every service redirects an anonymous request to the login, and Authentik serves the issuers that the services expect. */
  readonly loginChecked: pulumi.Resource;
  /** Secret: the password for pushing to the lab's registry; undefined without a registry. */
  readonly registryPassword: pulumi.Output<string> | undefined;
  /** The databases; undefined in a lab without databases. */
  readonly data: Data | undefined;
  /** The services of the ITIL platform; undefined in a lab without the platform. */
  readonly itil: Itil | undefined;
  readonly apiUrl: string;

  /** `advised`: names of the policies whose advice the program has already printed; a policy pack does not repeat it. */
  constructor(lab: LabPlan, secrets: SecretOutputs, advised: readonly string[] = []) {
    super(componentTypes.lab, lab.stack, {
      domain: lab.config.domain,
      ...(advised.length > 0 && { [advisedInput]: advised }),
    });
    const scripts = guestScripts();
    const bundle = guestBundle(scripts);
    const authorizedKeys = secrets.sshPrivateKey.apply((key) => [
      publicKeyOf(key),
      ...lab.config.ssh.authorizedKeys,
    ]);
    // Public keys are not secret; only the private key that one of them is derived from is.
    const publicKeys = pulumi.unsecret(authorizedKeys);

    const proxmox = lab.nodes.some((node) => node.kind === "vm")
      ? new Proxmox(
          "proxmox",
          {
            ...proxmoxArgs(lab),
            apiToken: secrets.proxmoxApiToken,
            sshPrivateKey: secrets.sshPrivateKey,
          },
          { parent: this },
        )
      : undefined;

    const nodes = new Map<string, PreparedNode>();
    for (const node of lab.nodes) {
      const machine =
        node.kind === "existing"
          ? existingHost(node, { user: lab.config.ssh.user, privateKey: secrets.sshPrivateKey })
          : new VirtualMachine(
              node.name,
              {
                ...virtualMachineArgs(lab, node),
                proxmox: proxmox ?? missing("lab:proxmox"),
                sshPrivateKey: secrets.sshPrivateKey,
                authorizedKeys: publicKeys,
              },
              { parent: this },
            );
      const peers = peersOf(lab, node).map((peer) => nodes.get(peer.name) ?? missing(peer.name));
      nodes.set(
        node.name,
        new PreparedNode(
          node.name,
          {
            machine,
            settings: nodeSettings(lab, node),
            scripts,
            bundle,
            authorizedKeys: publicKeys,
            peers,
            mirrorPasswords: secrets.mirrorPasswords,
          },
          { parent: this },
        ),
      );
    }

    this.nodes = nodes;
    const { registry } = lab.config;
    const registryAccess =
      registry === undefined
        ? undefined
        : new RegistryAccess(
            "registry",
            { host: ownRegistryHost(lab), address: registry.address, protect: lab.isProtected },
            { parent: this },
          );
    this.cluster = new Cluster(
      "cluster",
      {
        plan: clusterPlan(lab),
        nodes,
        backupKeyId: secrets.backupKeyId,
        backupKey: secrets.backupKey,
        registry: registryAccess,
        mirrorPasswords: secrets.mirrorPasswords,
      },
      { parent: this },
    );
    this.network = new Network(
      "network",
      { plan: networkPlan(lab), cluster: this.cluster, dnsToken: secrets.dnsToken },
      // With the cluster everything in it goes: nothing has to be taken out of it first.
      { parent: this, deletedWith: this.cluster },
    );
    const inCluster = { parent: this, deletedWith: this.cluster };
    const layers = { cluster: this.cluster, network: this.network };
    const base = { lab, ...layers };
    const keys = { backupKeyId: secrets.backupKeyId, backupKey: secrets.backupKey };
    const monitoring = monitoringDefinitions({
      provider: this.cluster.provider,
      ...inCluster,
      dependsOn: [this.network.ready],
    });
    this.storage = new Storage("storage", { plan: storagePlan(lab), ...layers, ...keys }, inCluster);
    this.backup = new Backup(
      "backup",
      {
        ...base,
        ...keys,
        plan: backupPlan(lab),
        storage: this.storage,
        monitoringDefinitions: monitoring,
      },
      inCluster,
    );
    const { claimsRestored } = this.backup;
    this.postgres = new PostgresOperator(
      "postgres-operator",
      { ...base, ...keys, ...postgresOperatorArgs(lab) },
      inCluster,
    );
    if (registry !== undefined && registryAccess !== undefined)
      new Registry(
        "registry",
        {
          plan: registryPlan(lab, registry),
          access: registryAccess,
          ...layers,
          storage: this.storage,
          claimsRestored,
        },
        inCluster,
      );
    this.registryPassword = registryAccess?.password;
    this.identity = new Identity(
      "identity",
      { ...base, plan: identityPlan(lab), storage: this.storage, postgres: this.postgres },
      inCluster,
    );
    this.observability = new Observability(
      "observability",
      {
        ...base,
        ...observabilityArgs(lab),
        storage: this.storage,
        identity: this.identity,
        monitoringDefinitions: monitoring,
        claimsRestored,
        alertGroups: features.flatMap(({ alerts }) => alerts(lab)),
        scrapeTargets: features.flatMap(({ scrapeTargets }) => scrapeTargets),
      },
      inCluster,
    );
    this.loginChecked = loginGate(
      "login-gate",
      {
        provider: this.cluster.provider,
        domain: lab.config.domain,
        namespace: this.identity.login,
        applications: this.identity.services,
      },
      {
        ...inCluster,
        dependsOn: [...this.identity.ready, ...this.observability.routes],
      },
    );
    const { itil, mcp, tailscale } = lab.config;
    const data = dataPlan(lab);
    this.data =
      data === undefined
        ? undefined
        : new Data(
            "data",
            {
              ...base,
              ...keys,
              plan: data,
              nodes,
              storage: this.storage,
              postgres: this.postgres,
              monitoringDefinitions: monitoring,
            },
            inCluster,
          );
    this.itil =
      itil === undefined || this.data === undefined
        ? undefined
        : new Itil(
            "itil",
            {
              ...base,
              ...itilPlan(lab),
              identity: this.identity,
              stores: this.data.services,
              namespaces: this.data.namespaces,
            },
            inCluster,
          );
    if (mcp !== undefined)
      new McpServers("mcp", { ...base, servers: mcp.servers, identity: this.identity }, inCluster);
    // Last: remote access starts when every route is behind its login.
    if (tailscale !== undefined)
      new Tailscale(
        "tailscale",
        {
          ...base,
          hostname: tailscale.hostname,
          authKey: secrets.tailscaleAuthKey,
          ingressAddress: lab.config.cluster.ingressAddress,
        },
        inCluster,
      );
    this.apiUrl = apiUrl(lab);
    this.registerOutputs({ apiUrl: this.apiUrl });
  }
}

function missing(what: string): never {
  throw new Error(`${what} is missing, although the configuration rules require it`);
}
