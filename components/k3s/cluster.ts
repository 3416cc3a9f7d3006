import type command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../../catalog/componentTypes.ts";
import { parseMirrorPasswords } from "../../config/mirrors.ts";
import { changeGuard } from "../changeGuard.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { type PreparedNode, rebuildTrigger } from "../node/node.ts";
import { type ClusterIdentity, refusedChanges } from "./changes.ts";
import type { ClusterPlan, MemberPlan } from "./clusterPlan.ts";
import type { MemberSecrets } from "./config.ts";
import { externalKubeconfig } from "./kubeconfig.ts";

/** The arguments of a {@link Cluster}. */
export interface ClusterArgs {
  /** The cluster as it follows from the configuration, from `clusterPlan`. */
  readonly plan: ClusterPlan;
  /** The prepared node of every member, by name. */
  readonly nodes: ReadonlyMap<string, PreparedNode>;
  /** Secret: the key of the bucket for etcd snapshots. */
  readonly backupKeyId: pulumi.Output<string>;
  readonly backupKey: pulumi.Output<string>;
  /** Login and certificate of the lab's own registry; undefined in a lab without a registry. */
  readonly registry:
    | { readonly password: pulumi.Output<string>; readonly certificate: pulumi.Output<string> }
    | undefined;
  /** Secret: lab:mirrorPasswords. Empty when no mirror has a login. */
  readonly mirrorPasswords: pulumi.Output<string>;
}

/** A K3s cluster on prepared nodes, and the Kubernetes provider for everything in it. */
export class Cluster extends pulumi.ComponentResource {
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Secret: nodes need it to join, and restoring an etcd snapshot on new machines requires it (B5). */
  readonly token: pulumi.Output<string>;
  readonly provider: kubernetes.Provider;
  /** Every member is registered, at the configured version and with the configured kubelet directory. */
  readonly ready: pulumi.Resource;
  /** The installation of every member. Only the cluster's network depends on these: it starts while the members are verified. */
  readonly members: readonly pulumi.Resource[];
  /** The server that runs steps for the whole cluster. */
  readonly bootstrapServer: PreparedNode;
  readonly #name: string;
  readonly #args: ClusterArgs;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { plan } = args;
    super(
      componentTypes.cluster,
      name,
      plan.inputs,
      pulumi.mergeOptions(opts, {
        hooks: {
          beforeUpdate: [
            changeGuard<ClusterIdentity>("cluster-change-guard", (old, now) =>
              old === undefined ? [] : refusedChanges(old, now),
            ),
          ],
        },
      }),
    );
    this.#name = name;
    this.#args = args;

    // Generated once: a cluster does not start again after its token changed (k3s#4640). Hence it is protected and has no `keepers`.
    const token = generatedPassword(`${name}-token`, 64, { parent: this, protect: plan.protect });
    this.token = token.result;

    const secrets = this.#memberSecrets();
    // One server after another, because etcd accepts one learner at a time (k3s#4335). Then all agents in parallel.
    let previous: readonly pulumi.Resource[] = [];
    for (const server of plan.servers) previous = [this.#install(server, secrets, previous)];
    this.members = [...previous, ...plan.agents.map((agent) => this.#install(agent, secrets, previous))];

    const [first] = plan.servers;
    if (first === undefined) throw new Error("a cluster needs a server");
    this.bootstrapServer = this.#node(first.node.name);
    this.ready = this.bootstrapServer.run(
      `${name}-verify`,
      { script: "verify-k3s.sh", settings: plan.verify, timeout: "10m", triggers: plan.addresses },
      this.members,
      this,
    );

    const kubeconfigStep = this.bootstrapServer.run(
      `${name}-kubeconfig`,
      {
        script: "read-kubeconfig.sh",
        settings: {},
        secret: true,
        timeout: "5m",
        // A rebuilt bootstrap server has a new CA: the step runs again like every step of a rebuilt node.
        triggers: plan.kubeconfigTriggers,
      },
      this.members,
      this,
    );
    this.kubeconfig = pulumi.secret(
      kubeconfigStep.stdout.apply((text) =>
        externalKubeconfig(text, { server: plan.apiUrl, name: plan.kubeconfigName }),
      ),
    );
    this.provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // Set from the first `up`: without it a new kubeconfig would replace every object in the cluster.
        clusterIdentifier: plan.clusterIdentifier,
        enableServerSideApply: true,
        // By default a change of a named ConfigMap or Secret deletes it before it is created again, and replaces every Job
        // and StatefulSet that refers to it. Pods that start in between do not find it.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        // A restore creates objects before the program does. Off otherwise: an object that the program renames would be
        // applied and then deleted as the old resource (pulumi-kubernetes#4278).
        ...(plan.isRestored && { upsertExistingObjects: true }),
      },
      { parent: this, dependsOn: [...this.members] },
    );
    this.registerOutputs({ apiUrl: plan.apiUrl });
  }

  /** Configures K3s on a node and installs it after the members in `after`. Returns the installation. */
  #install(
    member: MemberPlan,
    secrets: pulumi.Output<MemberSecrets>,
    after: readonly pulumi.Resource[],
  ): command.remote.Command {
    const { name } = member.node;
    const node = this.#node(name);
    const run = (
      step: string,
      args: Parameters<PreparedNode["run"]>[1],
      dependsOn: readonly pulumi.Resource[],
    ) =>
      // The alias is the name before steps were named after the cluster.
      node.run(`${this.#name}-${name}-${step}`, { ...args, aliases: [`${name}-${step}`] }, dependsOn, this);

    const configure = run(
      "configure-k3s",
      {
        script: "configure-k3s.sh",
        settings: secrets.apply((known) => member.configure(known)),
        secret: true,
        timeout: "10m",
      },
      // Chained like the installation, so that a changed setting restarts one server at a time.
      [...node.ready, ...after],
    );
    // Runs in parallel with the configuration and the preceding servers: no member waits for the download of another.
    const archive =
      member.archive === undefined
        ? []
        : [
            run(
              "k3s-archive",
              { script: "place-archive.sh", settings: member.archive, timeout: "60m" },
              node.ready,
            ),
          ];
    const install = run(
      "install-k3s",
      { script: "install-k3s.sh", settings: member.install, timeout: "30m" },
      [configure, ...archive, ...this.#forget(member, configure)],
    );
    // Runs in parallel with everything after it: nothing depends on it, and a pod finds its images present or being pulled.
    run("images", { script: "pull-images.sh", settings: member.images, timeout: "2h" }, [install]);
    return install;
  }

  /**
   * A rebuilt machine cannot join while the cluster stores the node password of the old machine (K6). The step runs on
   * another server, because only a member of the cluster may delete the password.
   */
  #forget({ node, forget }: MemberPlan, configure: pulumi.Resource): readonly pulumi.Resource[] {
    if (forget === undefined) return [];
    const server = this.#node(forget.server);
    return [
      server.run(
        `${this.#name}-${node.name}-forget`,
        {
          script: "forget-node.sh",
          settings: forget.settings,
          triggers: rebuildTrigger(node),
          once: true,
          timeout: "10m",
          aliases: [`${node.name}-forget`],
        },
        [configure, ...server.ready],
        this,
      ),
    ];
  }

  #memberSecrets(): pulumi.Output<MemberSecrets> {
    const { backupKey, backupKeyId, mirrorPasswords, registry } = this.#args;
    const registryAccess =
      registry === undefined
        ? pulumi.output(undefined)
        : pulumi
            .all([registry.password, registry.certificate])
            .apply(([password, certificate]) => ({ password, certificate }));
    return pulumi
      .all([this.token, backupKeyId, backupKey, registryAccess, mirrorPasswords])
      .apply(([token, keyId, key, access, passwords]) => ({
        token,
        backupKeyId: keyId,
        backupKey: key,
        registry: access,
        mirrorPasswords: parseMirrorPasswords(passwords) ?? {},
      }));
  }

  #node(name: string): PreparedNode {
    const node = this.#args.nodes.get(name);
    if (node === undefined) throw new Error(`the node ${name} is missing`);
    return node;
  }
}
