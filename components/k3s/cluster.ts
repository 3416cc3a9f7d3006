import type command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../config/lab.ts";
import { mirrorsOf, parseMirrorPasswords } from "../../config/mirrors.ts";
import { changeGuard } from "../changeGuard.ts";
import { generatedPassword } from "../generatedPassword.ts";
import { type PreparedNode, rebuildTrigger } from "../node/node.ts";
import { type ClusterIdentity, refusedChanges } from "./changes.ts";
import { apiUrl, disabledAddons } from "./config.ts";
import {
  archiveSettings,
  configureSettings,
  forgetSettings,
  imagesSettings,
  installSettings,
  verifySettings,
} from "./k3sSteps.ts";
import { externalKubeconfig } from "./kubeconfig.ts";

/** A K3s cluster on prepared nodes, and the Kubernetes provider for everything in it. */
export class Cluster extends pulumi.ComponentResource {
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Secret: nodes need it to join, and restoring an etcd snapshot on new machines requires it (B5). */
  readonly token: pulumi.Output<string>;
  readonly provider: kubernetes.Provider;
  /** Every member has joined: what the cluster's network needs. */
  readonly joined: readonly pulumi.Resource[];
  /** Every member is registered, at the wanted version, with its kubelet where it belongs. */
  readonly verified: pulumi.Resource;
  /** The server on which steps for the whole cluster run. */
  readonly bootstrapServer: PreparedNode;

  constructor(
    name: string,
    args: {
      lab: Lab;
      /** Prepared nodes by the name of their node. */
      nodes: ReadonlyMap<string, PreparedNode>;
      backupKeyId: pulumi.Output<string>;
      backupKey: pulumi.Output<string>;
      /** The lab's own registry, as nodes know it before it is there; undefined where the lab has none. */
      registry:
        | { readonly password: pulumi.Output<string>; readonly certificate: pulumi.Output<string> }
        | undefined;
      /** Secret: lab:mirrorPasswords, empty where no mirror has a login. */
      mirrorPasswords: pulumi.Output<string>;
    },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { lab } = args;
    const { cluster } = lab.config;
    super(
      "lab:k3s:Cluster",
      name,
      {
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

    // Generated once: a cluster does not start again after its token changed (k3s#4640). Hence it is protected and has no `keepers`.
    const token = generatedPassword(`${name}-token`, 64, { parent: this, protect: lab.isProtected });
    this.token = token.result;

    const { registry } = args;
    const registryAccess =
      registry === undefined
        ? pulumi.output(undefined)
        : pulumi
            .all([registry.password, registry.certificate])
            .apply(([password, certificate]) => ({ password, certificate }));
    const install = (nodeName: string, after: readonly pulumi.Resource[]): command.remote.Command => {
      const prepared = args.nodes.get(nodeName);
      if (prepared === undefined) throw new Error(`the node ${nodeName} is missing`);
      const { node } = prepared.machine;
      const configure = prepared.run(
        `${nodeName}-configure-k3s`,
        {
          script: "configure-k3s.sh",
          settings: pulumi
            .all([this.token, args.backupKeyId, args.backupKey, registryAccess, args.mirrorPasswords])
            .apply(([token, backupKeyId, backupKey, registry, passwords]) =>
              configureSettings(lab, node, {
                token,
                backupKeyId,
                backupKey,
                registry,
                mirrorPasswords: parseMirrorPasswords(passwords) ?? {},
              }),
            ),
          secret: true,
          timeout: "10m",
        },
        // Chained like the installation, so that a changed setting restarts one server at a time.
        [...prepared.ready, ...after],
        this,
      );
      // A rebuilt machine cannot join while the cluster stores the node password of the old machine (K6). The step runs on
      // another server, because only a member of the cluster may delete the password.
      const otherServer =
        node.rebuild === undefined ? undefined : lab.servers.find((server) => server !== node);
      const forgetOn = otherServer && args.nodes.get(otherServer.name);
      const forgotten = forgetOn?.run(
        `${nodeName}-forget`,
        {
          script: "forget-node.sh",
          settings: forgetSettings(node),
          triggers: rebuildTrigger(node),
          once: true,
          timeout: "10m",
        },
        [configure, forgetOn.prepared],
        this,
      );
      const archive = archiveSettings(lab);
      // Runs in parallel with the preparation and the preceding servers: no member waits for the download of another.
      const archiveSteps =
        archive === undefined
          ? []
          : [
              prepared.run(
                `${nodeName}-k3s-archive`,
                { script: "place-archive.sh", settings: archive, timeout: "60m" },
                [prepared.networkVerified],
                this,
              ),
            ];
      const installed = prepared.run(
        `${nodeName}-install-k3s`,
        { script: "install-k3s.sh", settings: installSettings(lab, node), timeout: "30m" },
        [configure, ...archiveSteps, ...(forgotten === undefined ? [] : [forgotten])],
        this,
      );
      // Runs in parallel with everything after it: nothing depends on it, and a pod finds its images present or being pulled.
      prepared.run(
        `${nodeName}-images`,
        { script: "pull-images.sh", settings: imagesSettings(lab, node), timeout: "2h" },
        [installed],
        this,
      );
      return installed;
    };

    // One server after another, because etcd accepts one learner at a time (k3s#4335). Then all agents in parallel.
    let last: readonly pulumi.Resource[] = [];
    for (const server of lab.servers) last = [install(server.name, last)];
    this.joined = [...last, ...lab.agents.map((agent) => install(agent.name, last))];

    const [first] = lab.servers;
    const bootstrapServer = first === undefined ? undefined : args.nodes.get(first.name);
    if (bootstrapServer === undefined) throw new Error("a cluster needs a server");
    this.bootstrapServer = bootstrapServer;
    this.verified = bootstrapServer.run(
      `${name}-verify`,
      {
        script: "verify-k3s.sh",
        settings: verifySettings(lab),
        timeout: "10m",
        triggers: lab.nodes.map((node) => node.address),
      },
      this.joined,
      this,
    );

    const kubeconfigStep = bootstrapServer.run(
      `${name}-kubeconfig`,
      {
        script: "read-kubeconfig.sh",
        settings: {},
        secret: true,
        timeout: "5m",
        // The client certificate is valid for one year, and a rebuilt bootstrap server has a new CA.
        triggers: [cluster.version, cluster.kubeconfigRotation],
      },
      this.joined,
      this,
    );
    this.kubeconfig = pulumi.secret(
      kubeconfigStep.stdout.apply((text) =>
        externalKubeconfig(text, { server: apiUrl(lab), name: lab.stack }),
      ),
    );
    this.provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // Set from the first `up`: without it a new kubeconfig would replace every object in the cluster.
        clusterIdentifier: `${lab.stack}-${cluster.revision}`,
        enableServerSideApply: true,
        // By default a change of a named ConfigMap or Secret deletes it before it is created again, and replaces every Job
        // and StatefulSet that refers to it. Pods that start in between do not find it.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        // A restore creates objects before the program does. Off otherwise: an object that the program renames would be
        // applied and then deleted as the old resource (pulumi-kubernetes#4278).
        ...(lab.config.restore !== undefined && { upsertExistingObjects: true }),
      },
      { parent: this, dependsOn: [...this.joined] },
    );
    this.registerOutputs({ apiUrl: apiUrl(lab) });
  }
}
