import { stringify } from "yaml";
import { backupStore } from "../../config/backupStore.ts";
import { clusterDnsAddress, controlPlaneTaint, type Lab, type Node } from "../../config/lab.ts";
import { mirrorsOf, privateMirrors } from "../../config/mirrors.ts";
import { registryParts, registryUser } from "../../config/registry.ts";
import { kubeletConfigurationPath } from "./kubeletConfiguration.ts";

/** When each server takes a snapshot of etcd, in UTC, and for how many days they are kept. */
export const etcdSnapshots = { cron: "0 */6 * * *", everyHours: 6, keepDays: 7 } as const;

/**
 * How many scheduled snapshots K3s keeps: on a server, which counts its own, and in the bucket, where each server counts
 * those of all. Unset, K3s takes the first number for the bucket too (k3s-io/k3s#13770), and three servers then keep a
 * third of the days. It counts names that begin with `etcd-snapshot-`: `on-demand-…` of `k3s etcd-snapshot save` stay.
 */
export function snapshotRetention(
  { everyHours, keepDays }: { readonly everyHours: number; readonly keepDays: number },
  servers: number,
): { readonly onServer: number; readonly inBucket: number } {
  const onServer = Math.ceil((keepDays * 24) / everyHours);
  return { onServer, inBucket: onServer * servers };
}

/** What the configuration of a member holds that is secret. */
export interface MemberSecrets {
  readonly token: string;
  readonly backupKeyId: string;
  readonly backupKey: string;
  /** How nodes log in to the lab's own registry, and what they trust it by; undefined where there is none. */
  readonly registry?: { readonly password: string; readonly certificate: string } | undefined;
  /** Passwords of mirrors by their HOST[:PORT]. */
  readonly mirrorPasswords?: Readonly<Record<string, string>>;
}

/** The port of the Kubernetes API, on every server and on the API address. */
export const apiPort = 6443;

/** Where members join: an address that moves to a living server by itself (K5). */
export function apiUrl(lab: Lab): string {
  return `https://${lab.config.cluster.apiAddress}:${apiPort}`;
}

/**
 * A member's /etc/rancher/k3s/config.yaml. Everything that makes a node what it is stands here, so that a wiped
 * node comes back with its labels and taints (K6). Whether a server founds the cluster or joins it is decided on
 * the node itself: a server that is rebuilt must never found a second one.
 */
export function memberConfig(lab: Lab, node: Node, secrets: MemberSecrets): string {
  const shared = {
    token: secrets.token,
    "node-name": node.name,
    "node-ip": node.address,
    "node-label": nodeLabels(node),
    "node-taint": nodeTaints(lab, node),
    "kubelet-arg": kubeletArguments(lab),
    "protect-kernel-defaults": true,
    // What the cluster's DNS asks for everything that is not its own: the node's file may say anything (N8).
    "resolv-conf": resolvConfPath,
    ...(node.role === "server" ? serverConfig(lab, secrets) : {}),
  };
  return stringify(shared, { sortMapEntries: true, lineWidth: 0 });
}

/**
 * What K3s brings and the program does itself: Cilium announces addresses, and the Gateway is served by Cilium or by
 * a Traefik of the program's own, at its own version. K3s would put its own back at every start (N11).
 */
export const disabledAddons = ["servicelb", "traefik"] as const;

function serverConfig(lab: Lab, secrets: MemberSecrets) {
  const { cluster, domain } = lab.config;
  const store = backupStore(lab);
  const retention = snapshotRetention(etcdSnapshots, lab.servers.length);
  return {
    "tls-san": [cluster.apiAddress, `api.${domain}`, ...lab.servers.map((server) => server.address)],
    "cluster-cidr": cluster.podCidr,
    "service-cidr": cluster.serviceCidr,
    "cluster-dns": clusterDnsAddress(lab),
    // Cilium does all of this; two implementations of one thing fight (N11).
    "flannel-backend": "none",
    "disable-kube-proxy": true,
    "disable-network-policy": true,
    disable: disabledAddons,
    "secrets-encryption": true,
    "write-kubeconfig-mode": "0600",
    // Nodes hand each other the images they have, so that a registry that refuses is asked once (I3).
    "embedded-registry": true,
    "etcd-expose-metrics": true,
    // restore-etcd.sh unpacks them: the restore of some releases cannot (k3s-io/k3s#14526).
    "etcd-snapshot-compress": true,
    "etcd-snapshot-retention": retention.onServer,
    "etcd-s3-retention": retention.inBucket,
    "etcd-snapshot-schedule-cron": etcdSnapshots.cron,
    // Off the cluster, since a snapshot on a lost disk is no snapshot (B5).
    "etcd-s3": true,
    "etcd-s3-bucket": store.bucket,
    "etcd-s3-endpoint": store.host,
    "etcd-s3-region": store.region,
    "etcd-s3-folder": store.folder("etcd"),
    "etcd-s3-access-key": secrets.backupKeyId,
    "etcd-s3-secret-key": secrets.backupKey,
    "kube-apiserver-arg": [
      `audit-policy-file=${auditPolicyPath}`,
      "audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log",
      "audit-log-maxage=30",
      "audit-log-maxbackup=10",
      "audit-log-maxsize=100",
    ],
  };
}

/** Where configure-k3s.sh puts the name servers that pods inherit, CoreDNS first of all. */
export const resolvConfPath = "/etc/rancher/k3s/resolv.conf";

/** /etc/rancher/k3s/resolv.conf: the configured upstreams, and no search domain (N8). */
export function resolvConf(lab: Lab): string {
  return lab.config.dns.upstreams.map((address) => `nameserver ${address}\n`).join("");
}

/** Where configure-k3s.sh puts the audit policy. */
export const auditPolicyPath = "/etc/rancher/k3s/audit-policy.yaml";

/** Labels set at registration, so that a wiped node has them again (K6). */
export function nodeLabels(node: Node): string[] {
  return Object.entries(node.labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}

function nodeTaints(lab: Lab, node: Node): string[] {
  const reserved = controlPlaneTaint(lab.config, node);
  return [...new Set([...(reserved === undefined ? [] : [reserved]), ...node.taints])];
}

/** What only a flag can say; the rest is {@link kubeletConfigurationPath}. */
function kubeletArguments(lab: Lab): string[] {
  return [
    // Named although it is the default, so that no release can move it under the volumes (K3).
    `root-dir=${lab.config.cluster.kubeletDirectory}`,
    `config=${kubeletConfigurationPath}`,
  ];
}

/** Where configure-k3s.sh puts the certificate by which nodes trust the lab's own registry. */
export const registryCertificatePath = "/etc/rancher/k3s/registry.pem";

/** Where configure-k3s.sh puts the CA of a mirror. */
const mirrorCertificates = "/etc/rancher/k3s/mirrors";

/** The file of a mirror's CA; HOST:PORT has a colon, by which a list of settings is taken apart. */
function mirrorCertificateFile(host: string): string {
  return `${host.replace(":", "_")}.pem`;
}

/** The CAs of mirrors as configure-k3s.sh takes them: FILE:BASE64 each. */
export function mirrorCertificateSettings(lab: Lab): string[] {
  return privateMirrors(lab.config).flatMap(({ host, ca }) =>
    ca === undefined ? [] : [`${mirrorCertificateFile(host)}:${Buffer.from(ca, "utf8").toString("base64")}`],
  );
}

/**
 * /etc/rancher/k3s/registries.yaml: the lab's own registry first, mirrors, and for every other registry the nodes' own
 * embedded one (I3). Behind all of them containerd asks the registry itself: K3s is not told otherwise.
 */
export function registriesConfig(
  lab: Lab,
  password?: string,
  mirrorPasswords: Readonly<Record<string, string>> = {},
): string {
  const mirrors = mirrorsOf(lab.config);
  const parts = password === undefined ? [] : registryParts(lab);
  const own = new Map(parts.map(({ host, nodePort }) => [host, loopback(nodePort)]));
  const hosts = [...new Set([...own.keys(), ...Object.keys(mirrors)])];
  const endpoints = (host: string) => {
    const first = own.get(host);
    return [...(first === undefined ? [] : [`https://${first}`]), ...(mirrors[host] ?? [])];
  };
  const login = { auth: { username: registryUser, password }, tls: { ca_file: registryCertificatePath } };
  const configs = [
    ...parts.map(({ nodePort }): [string, object] => [loopback(nodePort), login]),
    ...privateMirrors(lab.config).map(({ host, ca, username }): [string, object] => [
      host,
      {
        ...(username !== undefined && { auth: { username, password: mirrorPasswords[host] } }),
        ...(ca !== undefined && { tls: { ca_file: `${mirrorCertificates}/${mirrorCertificateFile(host)}` } }),
      },
    ]),
  ];
  return stringify(
    {
      mirrors: { ...Object.fromEntries(hosts.map((host) => [host, { endpoint: endpoints(host) }])), "*": {} },
      ...(configs.length === 0 ? {} : { configs: Object.fromEntries(configs) }),
    },
    { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/**
 * A node's own loopback address, where Cilium leads a NodePort too, for what runs on the node itself (sock4_wildcard_lookup
 * in its bpf_sock.c). Not the pool's address: until that is announced, every request to it would wait three seconds for
 * somebody to answer, while on a port that nobody listens on yet containerd goes on to the next endpoint at once.
 */
const loopback = (port: number) => `127.0.0.1:${port}`;

/** Where a K3s release's binary is downloaded from. */
export function binaryUrl(version: string): string {
  return `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}/k3s`;
}

/** Where the archive of a K3s release's own images is downloaded from. */
export function archiveUrl(version: string): string {
  return `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}/k3s-airgap-images-amd64.tar.zst`;
}

/** What a node downloads of K3s' release over the network: nothing where a file on the node itself is named. */
export function downloads(lab: Lab): string[] {
  const { version, binary, archive, archiveChecksum } = lab.config.cluster;
  return [
    binary ?? binaryUrl(version),
    ...(archiveChecksum === undefined ? [] : [archive ?? archiveUrl(version)]),
  ].filter((url) => url.startsWith("https:"));
}

/** Where place-archive.sh keeps the archive of K3s' own images until K3s is installed; undefined where there is none. */
export function archivePath(lab: Lab): string | undefined {
  return lab.config.cluster.archiveChecksum === undefined
    ? undefined
    : "/var/lib/homelab/images/k3s-airgap-images-amd64.tar.zst";
}
