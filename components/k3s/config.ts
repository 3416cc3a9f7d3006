import { stringify } from "yaml";
import { backupStore } from "../../config/backupStore.ts";
import { clusterDnsAddress, controlPlaneTaint, type Lab, type Node } from "../../config/lab.ts";
import { mirrorsOf, privateMirrors } from "../../config/mirrors.ts";
import { registryParts, registryUser } from "../../config/registry.ts";
import { kubeletConfigurationPath } from "./kubeletConfiguration.ts";

/** The schedule of etcd snapshots on each server (cron in UTC), and their retention in days. */
export const etcdSnapshots = { cron: "0 */6 * * *", everyHours: 6, keepDays: 7 } as const;

/**
 * The number of scheduled snapshots that K3s retains: on a server, which counts its own snapshots, and in the bucket, where
 * each server counts the snapshots of all servers. When `etcd-s3-retention` is unset, K3s uses the server's number for the
 * bucket too (k3s-io/k3s#13770), so three servers would retain a third of the days. K3s counts names that begin with
 * `etcd-snapshot-`; it never deletes the `on-demand-…` snapshots of `k3s etcd-snapshot save`.
 */
export function snapshotRetention(
  { everyHours, keepDays }: { readonly everyHours: number; readonly keepDays: number },
  servers: number,
): { readonly onServer: number; readonly inBucket: number } {
  const onServer = Math.ceil((keepDays * 24) / everyHours);
  return { onServer, inBucket: onServer * servers };
}

/** The secrets in the configuration of a member. */
export interface MemberSecrets {
  readonly token: string;
  readonly backupKeyId: string;
  readonly backupKey: string;
  /** Password and CA certificate of the lab's own registry; undefined in a lab without a registry. */
  readonly registry?: { readonly password: string; readonly certificate: string } | undefined;
  /** Passwords of mirrors by HOST[:PORT]. */
  readonly mirrorPasswords?: Readonly<Record<string, string>>;
}

/** The port of the Kubernetes API, on every server and on the API address. */
export const apiPort = 6443;

/** The URL that members join: a virtual address that kube-vip moves to a healthy server (K5). */
export function apiUrl(lab: Lab): string {
  return `https://${lab.config.cluster.apiAddress}:${apiPort}`;
}

/**
 * /etc/rancher/k3s/config.yaml of a member. It contains the labels and taints of the node, so that a wiped node registers
 * with them again (K6). configure-k3s.sh decides on the node whether a server initializes the cluster or joins it: a
 * rebuilt server must never initialize a second cluster.
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
    // CoreDNS forwards every external name to these name servers; the node's own resolv.conf may contain others (N8).
    "resolv-conf": resolvConfPath,
    ...(node.role === "server" ? serverConfig(lab, secrets) : {}),
  };
  return stringify(shared, { sortMapEntries: true, lineWidth: 0 });
}

/**
 * Packaged components of K3s that the program replaces: Cilium announces addresses, and Cilium or a separately installed
 * Traefik serves the Gateway. K3s would reinstall its own at every start (N11).
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
    // Cilium replaces these; two implementations of one function conflict (N11).
    "flannel-backend": "none",
    "disable-kube-proxy": true,
    "disable-network-policy": true,
    disable: disabledAddons,
    "secrets-encryption": true,
    "write-kubeconfig-mode": "0600",
    // Nodes share their images with each other, so an image is pulled only once from a rate-limited registry (I3).
    "embedded-registry": true,
    "etcd-expose-metrics": true,
    // restore-etcd.sh decompresses the snapshots: some releases cannot restore a compressed one (k3s-io/k3s#14526).
    "etcd-snapshot-compress": true,
    "etcd-snapshot-retention": retention.onServer,
    "etcd-s3-retention": retention.inBucket,
    "etcd-snapshot-schedule-cron": etcdSnapshots.cron,
    // Also outside the cluster: a snapshot on a lost disk cannot be restored (B5).
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

/** Path of the resolv.conf that pods with the node's DNS policy use, above all CoreDNS. configure-k3s.sh writes it. */
export const resolvConfPath = "/etc/rancher/k3s/resolv.conf";

/** Content of /etc/rancher/k3s/resolv.conf: the configured upstreams and no search domain (N8). */
export function resolvConf(lab: Lab): string {
  return lab.config.dns.upstreams.map((address) => `nameserver ${address}\n`).join("");
}

/** Path of the audit policy. configure-k3s.sh writes it. */
export const auditPolicyPath = "/etc/rancher/k3s/audit-policy.yaml";

/** Labels that the kubelet sets at registration, so that a wiped node registers with them again (K6). */
export function nodeLabels(node: Node): string[] {
  return Object.entries(node.labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
}

function nodeTaints(lab: Lab, node: Node): string[] {
  const controlPlane = controlPlaneTaint(lab.config, node);
  return [...new Set([...(controlPlane === undefined ? [] : [controlPlane]), ...node.taints])];
}

/** Kubelet arguments without a field in KubeletConfiguration; everything else is in {@link kubeletConfigurationPath}. */
function kubeletArguments(lab: Lab): string[] {
  return [
    // Set explicitly although it is the default, so that no release can move the directory of mounted volumes (K3).
    `root-dir=${lab.config.cluster.kubeletDirectory}`,
    `config=${kubeletConfigurationPath}`,
  ];
}

/** Path of the CA certificate of the lab's own registry on a node. configure-k3s.sh writes it. */
export const registryCertificatePath = "/etc/rancher/k3s/registry.pem";

/** Directory of the CA certificates of mirrors on a node. configure-k3s.sh writes them. */
const mirrorCertificates = "/etc/rancher/k3s/mirrors";

/** File name of a mirror's CA. The colon of HOST:PORT is replaced, because it separates the parts of a setting. */
function mirrorCertificateFile(host: string): string {
  return `${host.replace(":", "_")}.pem`;
}

/** The CAs of mirrors as configure-k3s.sh reads them: a list of FILE:BASE64. */
export function mirrorCertificateSettings(lab: Lab): string[] {
  return privateMirrors(lab.config).flatMap(({ host, ca }) =>
    ca === undefined ? [] : [`${mirrorCertificateFile(host)}:${Buffer.from(ca, "utf8").toString("base64")}`],
  );
}

/**
 * /etc/rancher/k3s/registries.yaml: the lab's own registry first, then mirrors, and the embedded registry for every other
 * registry (I3). containerd falls back to the upstream registry, because `disable-default-registry-endpoint` is not set.
 */
export function registriesConfig(
  lab: Lab,
  password?: string,
  mirrorPasswords: Readonly<Record<string, string>> = {},
): string {
  const mirrors = mirrorsOf(lab.config);
  const parts = password === undefined ? [] : registryParts(lab);
  const localEndpoints = new Map(parts.map(({ host, nodePort }) => [host, loopback(nodePort)]));
  const hosts = [...new Set([...localEndpoints.keys(), ...Object.keys(mirrors)])];
  const endpoints = (host: string) => {
    const local = localEndpoints.get(host);
    return [...(local === undefined ? [] : [`https://${local}`]), ...(mirrors[host] ?? [])];
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
 * The loopback address of a node. Cilium serves a NodePort there for processes of the node (sock4_wildcard_lookup in its
 * bpf_sock.c). The LoadBalancer address is not used: until it is announced, every request to it times out after three
 * seconds. On a closed port of the loopback address containerd tries the next endpoint at once.
 */
const loopback = (port: number) => `127.0.0.1:${port}`;

/** Default download URL of the binary of a K3s release. */
export function binaryUrl(version: string): string {
  return `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}/k3s`;
}

/** Default download URL of the airgap image archive of a K3s release. */
export function archiveUrl(version: string): string {
  return `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}/k3s-airgap-images-amd64.tar.zst`;
}

/** URLs of the K3s release that a node downloads over the network. A file:// URL names a file on the node and is not listed. */
export function downloads(lab: Lab): string[] {
  const { version, binary, archive, archiveChecksum } = lab.config.cluster;
  return [
    binary ?? binaryUrl(version),
    ...(archiveChecksum === undefined ? [] : [archive ?? archiveUrl(version)]),
  ].filter((url) => url.startsWith("https:"));
}

/** Path where place-archive.sh stores the airgap image archive until K3s is installed; undefined without an archive. */
export function archivePath(lab: Lab): string | undefined {
  return lab.config.cluster.archiveChecksum === undefined
    ? undefined
    : "/var/lib/homelab/images/k3s-airgap-images-amd64.tar.zst";
}
