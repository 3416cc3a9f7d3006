import type command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { componentTypes } from "../../catalog/componentTypes.ts";
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

/** A K3s cluster on prepared nodes, and the provider through which everything in it is made. */
export class Cluster extends pulumi.ComponentResource {
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Secret: without it no node joins, and no etcd snapshot can be restored on new machines (B5). */
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
      componentTypes.cluster,
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

    // Made once: a cluster whose token changed does not start again (k3s#4640). Hence no keepers, and protected.
    const token = generatedPassword(`${name}-token`, 64, { parent: this, protect: lab.isProtected });
    this.token = token.result;

    const { registry } = args;
    const access =
      registry === undefined
        ? pulumi.output(undefined)
        : pulumi
            .all([registry.password, registry.certificate])
            .apply(([password, certificate]) => ({ password, certificate }));
    const install = (nodeName: string, after: readonly pulumi.Resource[]): command.remote.Command => {
      const prepared = args.nodes.get(nodeName);
      if (prepared === undefined) throw new Error(`${nodeName} is not prepared`);
      const { node } = prepared.machine;
      const configure = prepared.run(
        `${nodeName}-configure-k3s`,
        {
          script: "configure-k3s.sh",
          settings: pulumi
            .all([this.token, args.backupKeyId, args.backupKey, access, args.mirrorPasswords])
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
        // Chained like the installation: a changed setting restarts one server at a time.
        [...prepared.ready, ...after],
        this,
      );
      // A rebuilt machine cannot join while the cluster has the password of the one before (K6). Another server deletes it:
      // only a member has the rights.
      const helper = node.rebuild === undefined ? undefined : lab.servers.find((server) => server !== node);
      const helping = helper && args.nodes.get(helper.name);
      const forgotten = helping?.run(
        `${nodeName}-forget`,
        {
          script: "forget-node.sh",
          settings: forgetSettings(node),
          triggers: rebuildTrigger(node),
          once: true,
          timeout: "10m",
        },
        [configure, helping.prepared],
        this,
      );
      const archive = archiveSettings(lab);
      // Beside the preparation and the servers before this one: no member waits for the download of another.
      const placed =
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
        [configure, ...placed, ...(forgotten === undefined ? [] : [forgotten])],
        this,
      );
      // Beside everything that follows: nothing waits for it, and what asks for an image finds it here or on its way.
      prepared.run(
        `${nodeName}-images`,
        { script: "pull-images.sh", settings: imagesSettings(lab, node), timeout: "2h" },
        [installed],
        this,
      );
      return installed;
    };

    // One server after another: etcd takes one learner at a time (k3s#4335). Then the agents, all at once.
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

    const fetched = bootstrapServer.run(
      `${name}-kubeconfig`,
      {
        script: "read-kubeconfig.sh",
        settings: {},
        secret: true,
        timeout: "5m",
        // Its certificates live one year, and a bootstrap server that was rebuilt has others.
        triggers: [cluster.version, cluster.kubeconfigRotation],
      },
      this.joined,
      this,
    );
    this.kubeconfig = pulumi.secret(
      fetched.stdout.apply((text) => externalKubeconfig(text, { server: apiUrl(lab), name: lab.stack })),
    );
    this.provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // From the first `up`: without it a fresh kubeconfig replaces every object in the cluster.
        clusterIdentifier: `${lab.stack}-${cluster.revision}`,
        enableServerSideApply: true,
        // Otherwise a changed content deletes the object before it is created again, since the program names it, and
        // replaces every Job and StatefulSet that refers to it; pods that start meanwhile do not find it.
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        // What a restore has brought is there before the program makes it. Never otherwise: an object that changed its
        // name in the program would be applied, and then deleted as the one of before (pulumi-kubernetes#4278).
        ...(lab.config.restore !== undefined && { upsertExistingObjects: true }),
      },
      { parent: this, dependsOn: [...this.joined] },
    );
    this.registerOutputs({ apiUrl: apiUrl(lab) });
  }
}
