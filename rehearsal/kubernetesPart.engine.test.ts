import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RealCluster, whyNoCluster } from "./fakeProviders/recordings/cluster.ts";
import { unawaited } from "./fakeProviders/recordings/kubernetes.ts";
import { pluginPath } from "./fakeProviders/recordings/plugin.ts";
import { type OpenedLab, openLab } from "./openLab.ts";
import { program } from "./program.ts";
import type { Simulator } from "./simulator/simulator.ts";

const missing =
  pluginPath("kubernetes") === undefined ? "pulumi-resource-kubernetes is not on PATH" : await whyNoCluster();
if (missing !== undefined) console.warn(`skipped: the Kubernetes part on the real plugin: ${missing}`);

/**
 * The Kubernetes part of a lab on the real plugin and the real API server; machines, steps and secrets are of fake
 * providers.
 *
 * Neither controllers nor a kubelet run here, so no object becomes ready: objects that the plugin would wait for are
 * annotated with `pulumi.com/skipAwait`. Charts are not downloaded: each is replaced by one of the same name and
 * version with a single ConfigMap, so plugin and Helm handle real releases, and the charts' objects are not tested.
 * Reads of the cluster by scripts on nodes are not tested either.
 */
describe.skipIf(missing !== undefined)("the Kubernetes part on the real plugin and API server", () => {
  let cluster: RealCluster;
  let proxy: Server;
  let charts: string;
  let opened: OpenedLab;

  beforeAll(async () => {
    cluster = await RealCluster.start();
    await cluster.createShipped();
    const port = Number(new URL(serverOf(cluster.api.kubeconfig())).port);
    // The program replaces the server by the lab's API address; the proxy forwards it to this API server.
    proxy = createServer().on("connect", (_request, client, head) => {
      const upstream = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [upstream, client]) socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    charts = mkdtempSync(join(tmpdir(), "homelab-charts-"));
    opened = await openLab({
      file: "test/fixtures/valid/itil.yaml",
      realPlugins: ["kubernetes"],
      policies: false,
      change: (simulator) => trust(simulator, cluster, (proxy.address() as AddressInfo).port),
      program: async () => {
        pulumi.runtime.registerResourceTransform(({ type, props, opts }) => ({
          props: type === "kubernetes:helm.sh/v3:Release" ? release(charts, props) : object(type, props),
          opts,
        }));
        return await program();
      },
    });
  });
  afterAll(async () => {
    await opened?.close();
    proxy?.close();
    await cluster?.stop();
    if (charts !== undefined) rmSync(charts, { recursive: true, force: true });
  });

  test("is created by up", async () => {
    const { summary } = await opened.stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["create"]);
  });

  test("is not changed by a second up", async () => {
    const { summary } = await opened.stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  });

  test("is not changed by a refresh and the next up", async () => {
    const refreshed = await opened.stack.refresh();
    expect(Object.keys(refreshed.summary.resourceChanges ?? {})).toEqual(["same"]);
    const { summary } = await opened.stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  });

  test("is deleted by destroy", async () => {
    await opened.stack.unprotectAll();
    opened.simulator.demolition = true;
    const { summary } = await opened.stack.destroy();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["delete"]);
  });
});

function serverOf(kubeconfig: string): string {
  const { clusters } = JSON.parse(kubeconfig) as { clusters: { cluster: { server: string } }[] };
  return clusters[0]?.cluster.server ?? "";
}

/** Makes the simulator's servers return the real cluster's kubeconfig, and the scripts' checks pass. */
function trust(simulator: Simulator, cluster: RealCluster, proxyPort: number): void {
  simulator.cluster.kubeconfig = () =>
    cluster.api.kubeconfig({
      "proxy-url": `http://127.0.0.1:${proxyPort}`,
      // The certificate is for this name, not for the lab's address.
      "tls-server-name": "kubernetes.default",
    });
  const { api } = simulator;
  Object.defineProperty(api, "networked", { get: () => true });
  api.fetch = () => {};
  for (const gate of ["longhorn", "storage", "backup-store", "restorable", "registry"])
    simulator.trusted.add(`verify-${gate}.sh`);
}

function release(charts: string, props: pulumi.Inputs): pulumi.Inputs {
  const { repositoryOpts, chart, version, ...rest } = props;
  const folder = join(charts, String(chart));
  // Once, because several releases use the same chart and the plugin may be reading it.
  if (!existsSync(folder)) {
    mkdirSync(join(folder, "templates"), { recursive: true });
    writeFileSync(join(folder, "Chart.yaml"), `apiVersion: v2\nname: ${chart}\nversion: ${version}\n`);
    writeFileSync(
      join(folder, "templates", "one.yaml"),
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-chart\n",
    );
  }
  return { ...rest, chart: folder, version };
}

function object(type: string, props: pulumi.Inputs): pulumi.Inputs {
  if (!type.startsWith("kubernetes:") || props.metadata === undefined) return props;
  const { kind, metadata, ...rest } = props;
  return {
    ...rest,
    kind,
    metadata: pulumi.output(metadata).apply((given) => unawaited({ kind, metadata: given }).metadata),
  };
}
