import type { z } from "zod";
import type { labSchema } from "../../config/schema.ts";

const server = (address: number) => ({
  role: "server" as const,
  network: "k3s",
  address: `10.20.2.${address}`,
  vm: {
    host: "pve1",
    id: 20_000 + address,
    cores: 2,
    memoryGiB: 8,
    systemDiskGiB: 40,
    datastore: "local-lvm",
  },
});

/** The lab of the sample file: one Proxmox host with three servers, a virtual worker, and a worker that exists already. */
export const sampleLab: z.input<typeof labSchema> = {
  domain: "lab.example.org",
  production: true,
  proxmox: {
    endpoint: "https://10.20.1.5:8006",
    snippetUser: "snippets",
    image: {
      url: "https://cloud.debian.org/images/cloud/trixie/20260712-2537/debian-13-genericcloud-amd64-20260712-2537.qcow2",
      checksum:
        "7ae53e9dbee282bfc16f289dec483dde3a8598769c38a267948310f7a2a52c662620198603bc52c142627efba379863d16079698a10b34102d55bcedd40e8d32",
    },
    hosts: {
      pve1: {
        address: "10.20.1.5",
        hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM",
        network: "management",
        threads: 20,
        memoryGiB: 64,
        reservedMemoryGiB: 8,
        coreOvercommit: 2,
        bridges: ["vmbr0"],
        datastores: {
          local: { sizeGiB: 90, content: ["import", "snippets"] },
          "local-lvm": { sizeGiB: 1700, content: ["images"] },
        },
      },
    },
  },
  networks: {
    management: { vlan: 10, cidr: "10.20.1.0/24", gateway: "10.20.1.1", upstream: "internet" },
    k3s: { vlan: 20, cidr: "10.20.2.0/24", gateway: "10.20.2.1", upstream: "management", bridge: "vmbr0" },
  },
  reserved: { nas: "10.20.1.9" },
  ssh: { user: "lab" },
  nodes: {
    worker1: {
      role: "agent",
      network: "k3s",
      address: "10.20.2.21",
      vm: { host: "pve1", id: 20_021, cores: 8, memoryGiB: 24, systemDiskGiB: 100, datastore: "local-lvm" },
      disks: [{ name: "data1", sizeGiB: 200, slot: 1 }],
      labels: { "topology.kubernetes.io/zone": "attic" },
    },
    worker2: {
      role: "agent",
      network: "k3s",
      address: "10.20.2.22",
      existing: {
        hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHHs4mFpLFlLzEIPqVb0dVD9zwXiOqfV0E2B4bOGPTkM",
        cores: 8,
        memoryGiB: 32,
      },
      disks: [{ name: "data1", sizeGiB: 465, serial: "S4Z1NX0", tags: ["nvme"] }],
    },
    server1: server(11),
    server2: server(12),
    server3: server(13),
  },
  cluster: {
    version: "v1.36.2+k3s1",
    checksum: "65a55ec56c24eab44383086166ec620a491952b7e23941a49ddca6e8a4c4b4de",
    archiveChecksum: "da6a3b2dbd55cc368d930078ae8814ed22eb9c92247f7b9b46bf073445ff55b3",
    apiAddress: "10.20.2.5",
    ingressAddress: "10.20.2.200",
    loadBalancerPool: "10.20.2.200-10.20.2.219",
    podCidr: "10.42.0.0/16",
    serviceCidr: "10.43.0.0/16",
    kubeletDirectory: "/var/lib/kubelet",
    revision: 1,
    kubeconfigRotation: "2026-Q4",
  },
  dns: { upstreams: ["1.1.1.1", "8.8.8.8"] },
  storage: {
    replicas: 2,
    reservePercent: 30,
    tiers: { fast: { tag: "nvme", replicas: 1 } },
    shares: { media: { server: "10.20.1.9", path: "/volume1/media", sizeGiB: 4000 } },
  },
  identity: {
    groups: ["family"],
    users: { ada: { email: "ada@example.org", groups: ["admins", "family"] } },
    services: { grafana: { groups: ["admins", "family"] } },
  },
  data: { elasticsearch: { node: "worker1" }, neo4j: { node: "worker2" } },
  backup: {
    bucket: "example-lab-backup",
    endpoint: "https://s3.eu-central-003.backblazeb2.com",
    region: "eu-central-003",
    schedules: { hourly: { namespaces: ["authentik"] } },
    shares: ["media"],
  },
  registry: { address: "10.20.2.201" },
  mcp: {
    servers: { cluster: { image: "ghcr.io/example/mcp-kubernetes:1.4.2", port: 8080, kubernetes: "read" } },
  },
  itil: {
    registry: "registry.lab.example.org/itil",
    services: { kedb: { image: "kedb:1.4.2" } },
  },
};
