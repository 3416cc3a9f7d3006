import { itilService } from "../catalog/itil.ts";
import type { RecordedResource } from "./record.ts";

/** How long one kind of resource takes to create, and where the figure comes from. */
export interface Duration {
  readonly what: string;
  /** Without the download of its images. */
  readonly seconds: number;
  /** The images that nobody in the lab has yet, in MB. */
  readonly imagesMB?: number;
  /**
   * Whether it only looks at what is there. A step that waits until something has come up is none: without it the next
   * step would wait in its place.
   */
  readonly gate?: true;
  readonly source: string;
  readonly applies: (resource: RecordedResource) => boolean;
}

const ofType =
  (...types: string[]) =>
  (resource: RecordedResource) =>
    types.includes(resource.type);

/** A Helm release by its name. */
const releaseOf = (name: string) => (resource: RecordedResource) =>
  resource.type === "kubernetes:helm.sh/v3:Release" && resource.wireInputs.name === name;

/** A step on a node, by the last part of its name. */
const step = (suffix: string) => (resource: RecordedResource) =>
  resource.type === "command:remote:Command" && resource.name.endsWith(`-${suffix}`);

/** A setting that a step on a node reads from its standard input; undefined where it is secret or has none of that name. */
function settingOf({ wireInputs }: RecordedResource, name: string): string | undefined {
  const { stdin } = wireInputs as { readonly stdin?: unknown };
  if (typeof stdin !== "string") return undefined;
  const line = stdin.split("\n").find((candidate) => candidate.startsWith(`${name}=`));
  return line?.slice(name.length + 1);
}

/**
 * Steps of the runbooks, which no `up` runs: seconds measured on two cores with K3s 1.36.2, from the order to a ready API.
 */
export const recoverySeconds = {
  "etcd reset on one server (restore-etcd.sh)": 21,
  "a server that rejoins after a reset (rejoin-etcd.sh)": 26,
} as const;

/**
 * The timeline's model: seconds for creating each kind of resource on the lab's hardware, the first match counts.
 * An estimate says so; it is replaced when a real rebuild has been timed.
 */
export const durations: readonly Duration[] = [
  {
    what: "download of the system image",
    seconds: 45,
    source: "estimate: 340 MB at 100 Mbit/s, and the checksum",
    applies: ofType("proxmoxve:download/file:File"),
  },
  {
    what: "user data written to the host",
    seconds: 2,
    source: "estimate: one SFTP session",
    applies: ofType("proxmoxve:index/fileLegacy:FileLegacy"),
  },
  {
    what: "virtual machine, its disk imported",
    seconds: 40,
    source:
      "estimate: a full clone takes about 5 s under the storage lock (LINBIT/linstor-proxmox#73), seven machines queue for it",
    applies: ofType("proxmoxve:index/vmLegacy:VmLegacy"),
  },
  {
    what: "first boot, and the scripts laid down",
    seconds: 60,
    source: "estimate: cloud-init of a generic cloud image with one package",
    applies: step("scripts"),
  },
  { what: "node prepared", seconds: 75, source: "estimate: eight packages", applies: step("prepare") },
  {
    what: "CPU verified",
    seconds: 1,
    gate: true,
    source: "estimate: reads one file",
    applies: step("verify-cpu"),
  },
  {
    what: "network verified",
    seconds: 10,
    gate: true,
    source:
      "estimate: some 50 small requests to registries, eight at a time; bounded by 20 s on a dead network",
    applies: step("verify-network"),
  },
  {
    what: "disks prepared",
    seconds: 15,
    source: "estimate: lazy ext4 initialisation of 200 GiB",
    applies: step("disks"),
  },
  {
    what: "K3s configured",
    seconds: 2,
    source: "estimate: writes a few files",
    applies: step("configure-k3s"),
  },
  {
    what: "old machine of a rebuilt node forgotten",
    seconds: 3,
    source: "estimate: four requests to the API; nothing where no cluster is there yet",
    applies: step("forget"),
  },
  {
    what: "K3s installed, a server joined",
    seconds: 37,
    source:
      "measured on two cores: the first server's API is ready after 10 to 16 s, a further server's after 10 to 31 s; the longest, and 6 s for a binary of 70 MB at 100 Mbit/s",
    applies: (resource) => step("install-k3s")(resource) && settingOf(resource, "ROLE") === "server",
  },
  {
    what: "K3s installed, an agent joined",
    seconds: 37,
    source:
      "measured on two cores: its kubelet is healthy after 31 s; and 6 s for a binary of 70 MB at 100 Mbit/s",
    applies: step("install-k3s"),
  },
  {
    what: "archive of K3s' own images placed",
    seconds: 75,
    source:
      "estimate: 240 MB for each of four workers at 100 Mbit/s in all; beside the servers that join before",
    applies: step("k3s-archive"),
  },
  {
    what: "images pulled ahead",
    seconds: 5,
    source:
      "estimate: looks at each; what it downloads is counted where it is needed, since nothing waits for this step",
    applies: step("images"),
  },
  {
    what: "cluster verified",
    seconds: 20,
    source: "estimate: waits for the last registration",
    applies: step("verify"),
  },
  {
    what: "Gateway API defined",
    seconds: 8,
    source: "estimate: seven files of 1 MB in all, and a wait until they are served",
    applies: (resource) => resource.type === "command:remote:Command" && resource.name === "gateway-api",
  },
  {
    what: "Cilium installed",
    seconds: 55,
    imagesMB: 250,
    source:
      "estimate: a DaemonSet on every node at once; the embedded registry shares what one node has pulled",
    applies: releaseOf("cilium"),
  },
  {
    what: "cert-manager installed",
    seconds: 25,
    imagesMB: 120,
    source: "estimate: three small images, and the chart's own check of its webhook",
    applies: releaseOf("cert-manager"),
  },
  {
    what: "Longhorn installed",
    seconds: 70,
    imagesMB: 1000,
    source: "estimate: its manager and drivers on every node with disks",
    applies: releaseOf("longhorn"),
  },
  {
    what: "Longhorn verified",
    seconds: 20,
    source: "estimate: waits for the last disk and the last driver",
    applies: (resource) => resource.name === "storage-longhorn-verify",
  },
  {
    what: "canary of storage",
    seconds: 60,
    gate: true,
    source: "estimate: for each class a volume attached four times, at ten seconds or so",
    applies: (resource) => resource.name === "storage-canary" && resource.type === "command:remote:Command",
  },
  {
    what: "registry visited",
    seconds: 15,
    gate: true,
    source: "estimate: bounded by 180 s a part; one manifest through each cache",
    applies: (resource) => resource.name === "registry-verify",
  },
  {
    what: "registry started",
    seconds: 20,
    imagesMB: 20,
    source: "estimate: two volumes attached, and one small image",
    applies: (resource) => resource.type === "kubernetes:apps/v1:Deployment" && resource.name === "registry",
  },
  {
    what: "tailnet joined",
    seconds: 15,
    imagesMB: 40,
    source: "estimate: one image, and the first handshake with the control plane",
    applies: (resource) =>
      resource.type === "kubernetes:apps/v1:Deployment" && resource.name === "tailscale-ingress",
  },
  {
    what: "MCP server started",
    seconds: 15,
    imagesMB: 150,
    source: "estimate: an image of the owner's choice, and a shallow clone",
    applies: (resource) =>
      resource.type === "kubernetes:apps/v1:Deployment" && resource.name.startsWith("mcp-"),
  },
  {
    what: "Velero installed",
    seconds: 15,
    imagesMB: 130,
    source: "estimate: one pod, an agent on each node, and the plugin copied into place",
    applies: releaseOf("velero"),
  },
  {
    what: "bucket verified",
    seconds: 15,
    gate: true,
    source: "estimate: Velero's first look, and one small backup made and removed; 5 s on loopback",
    applies: step("verify-store"),
  },
  {
    what: "claims restored",
    seconds: 240,
    source:
      "estimate: 2 GiB at 100 Mbit/s, and a minute for volumes and pods that move data; more data takes longer in proportion",
    applies: step("restore-claims"),
  },
  {
    what: "Traefik installed",
    seconds: 15,
    imagesMB: 60,
    source: "estimate: one pod",
    applies: releaseOf("traefik"),
  },
  {
    what: "CloudNativePG installed",
    seconds: 17,
    imagesMB: 100,
    source: "estimate: one pod, and its webhook's certificate",
    applies: releaseOf("cnpg"),
  },
  {
    what: "barman's plugin installed",
    seconds: 20,
    imagesMB: 50,
    source: "estimate: its certificates are signed first, and it says that it is ready after ten seconds",
    applies: releaseOf("plugin-barman-cloud"),
  },
  {
    what: "database verified to be restorable",
    seconds: 3,
    gate: true,
    source: "estimate: three questions to the API",
    applies: step("restorable"),
  },
  {
    what: "database restored from its archive",
    seconds: 110,
    imagesMB: 450,
    source:
      "estimate: 200 MB of a compressed backup at 100 Mbit/s, a day of its log replayed at a second for each of 50 segments, and a second server copied from the first",
    applies: (resource) =>
      resource.type === "kubernetes:postgresql.cnpg.io/v1:Cluster" &&
      Object.hasOwn(
        (resource.wireInputs as { spec?: { bootstrap?: object } }).spec?.bootstrap ?? {},
        "recovery",
      ),
  },
  {
    what: "empty database",
    seconds: 51,
    imagesMB: 450,
    source: "estimate: a first server made and a second one copied from it; PostgreSQL's image and barman's",
    applies: ofType("kubernetes:postgresql.cnpg.io/v1:Cluster"),
  },
  {
    what: "definitions of monitoring",
    seconds: 5,
    source: "estimate: ten definitions of 4 MB in all, and no pod",
    applies: releaseOf("prometheus-operator-crds"),
  },
  {
    what: "Prometheus, Alertmanager and Grafana installed",
    seconds: 75,
    imagesMB: 700,
    source: "estimate: the webhook's certificate, three volumes attached, and Grafana's database made",
    applies: releaseOf("kube-prometheus-stack"),
  },
  {
    what: "Authentik installed",
    seconds: 100,
    imagesMB: 1000,
    source: "estimate: the migrations of an empty database",
    applies: releaseOf("authentik"),
  },
  {
    what: "blueprint applied",
    seconds: 40,
    source: "estimate: Authentik's command starts in 15 s, and tries again until its own objects are there",
    applies: (resource) =>
      resource.type === "kubernetes:batch/v1:Job" && resource.name.startsWith("blueprint-"),
  },
  {
    what: "proxy before a service",
    seconds: 17,
    imagesMB: 30,
    source: "estimate: two small pods",
    applies: (resource) =>
      resource.type === "kubernetes:helm.sh/v3:Release" && resource.name.startsWith("oauth2-proxy-"),
  },
  {
    what: "Elasticsearch started",
    seconds: 75,
    source: "estimate: an image of 700 MB at 100 Mbit/s, and a start on a quarter of a core",
    applies: (resource) =>
      resource.type === "kubernetes:apps/v1:StatefulSet" && resource.name === "knowledge-elasticsearch",
  },
  {
    what: "MongoDB started",
    seconds: 45,
    source: "estimate: an image of 280 MB at 100 Mbit/s, and a volume that is attached",
    applies: (resource) => resource.type === "kubernetes:apps/v1:StatefulSet" && resource.name === "mongodb",
  },
  {
    what: "Neo4j started",
    seconds: 60,
    source:
      "estimate: an image of 350 MB at 100 Mbit/s, and three small steps before it; a dump of 1 GB takes 90 s more",
    applies: (resource) => resource.type === "kubernetes:apps/v1:StatefulSet" && resource.name === "neo4j",
  },
  {
    what: "database ready, its data back",
    seconds: 30,
    source: "estimate: nothing to restore; a backup of 1 GB takes 90 s more at 100 Mbit/s",
    applies: (resource) => ["elasticsearch-ready", "mongodb-ready"].includes(resource.name),
  },
  {
    what: "service that downloads models",
    seconds: 1310,
    imagesMB: 2000,
    source:
      "estimate: 8 GB of models for each of two pods at 100 Mbit/s in all; nothing waits for it but the end",
    applies: (resource) =>
      resource.type === "kubernetes:apps/v1:Deployment" && resource.name === "ai-service-desk",
  },
  {
    what: "service of the ITIL platform",
    seconds: 30,
    imagesMB: 200,
    source: "estimate: a Python process that starts, and the first probes",
    applies: (resource) =>
      resource.type === "kubernetes:apps/v1:Deployment" && itilService(resource.name) !== undefined,
  },
  {
    what: "certificate signed",
    seconds: 10,
    source: "estimate: by the lab's own authority; a public one needs a minute or two for the DNS record",
    applies: ofType("kubernetes:cert-manager.io/v1:Certificate"),
  },
  {
    what: "Gateway programmed",
    seconds: 10,
    source: "estimate: an address from the pool, and the proxies' configuration",
    applies: ofType("kubernetes:gateway.networking.k8s.io/v1:Gateway"),
  },
  {
    what: "Gateway fetched",
    seconds: 10,
    gate: true,
    imagesMB: 20,
    source: "estimate: bounded by 300 s",
    applies: (resource) => resource.name.startsWith("reach-from-"),
  },
  {
    what: "login fetched",
    seconds: 10,
    gate: true,
    source: "estimate: bounded by 300 s; two requests a service",
    applies: (resource) => resource.name === "login-gate" && resource.type === "kubernetes:batch/v1:Job",
  },
  {
    what: "any object of the cluster",
    seconds: 0.5,
    source: "estimate: one request, and the wait for its status",
    applies: (resource) => resource.type.startsWith("kubernetes:"),
  },
  {
    what: "any other step on a node",
    seconds: 5,
    source: "estimate",
    applies: ofType("command:remote:Command"),
  },
];

/** How fast images come, in MB a second: from the Internet at 100 Mbit/s, from a mirror on the lab's network at ten times that. */
export const imageRates = { internet: 12.5, mirror: 125 } as const;

/** What counts for a timeline. */
export interface Counting {
  /** Of {@link imageRates}. */
  readonly rate: number;
  /** Whether steps that only look take their time. */
  readonly gates: boolean;
}

/** Seconds that creating a resource takes. Components, providers and generated secrets take no time worth a line. */
export function secondsOf(resource: RecordedResource, { rate, gates }: Counting): number {
  if (!resource.custom || resource.type.startsWith("pulumi:providers:")) return 0;
  const duration = durations.find(({ applies }) => applies(resource));
  if (duration === undefined || (duration.gate && !gates)) return 0;
  return duration.seconds + (duration.imagesMB ?? 0) / rate;
}
