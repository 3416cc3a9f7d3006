import { describe } from "vitest";
import { mirrors } from "./mirrors.ts";
import { registry } from "./registry.ts";
import { testEdges } from "./testing/judge.ts";

describe("the lab's registry (N2, I3)", () => {
  const at = (address: string, change: object = {}) => ({ "lab:registry": { address, ...change } });
  testEdges(registry, [
    ["accepts a lab without a registry", {}],
    ["accepts the first address of the pool", at("10.2.0.30")],
    ["accepts the last address of the pool", at("10.2.0.39")],
    [
      "rejects the address before the pool",
      at("10.2.0.29"),
      "lab:registry.address: is outside the LoadBalancer pool 10.2.0.30-10.2.0.39",
    ],
    [
      "rejects the address after the pool",
      at("10.2.0.40"),
      "lab:registry.address: is outside the LoadBalancer pool",
    ],
    [
      "accepts a registry of another domain as an upstream",
      at("10.2.0.31", { upstreams: { "registry.example.org": "https://registry.example.org" } }),
    ],
    [
      "rejects itself as an upstream",
      at("10.2.0.31", { upstreams: { "registry.lab.home.arpa": "https://quay.io" } }),
      "lab:registry.upstreams.registry.lab.home.arpa: is the host of the lab's own registry",
    ],
  ]);
});

describe("mirrors (I3, P3)", () => {
  const cluster = (change: object) => ({ "lab:cluster": change });
  const own = "https://10.1.0.9:5000";
  const archiveChecksum = "da6a3b2dbd55cc368d930078ae8814ed22eb9c92247f7b9b46bf073445ff55b3";
  const onlySource = "lab:cluster.mirrors.docker.io: leaves Docker Hub as the only source";
  testEdges(mirrors, [
    ["accepts the public mirrors", {}],
    ["accepts a mirror of the lab", cluster({ mirrors: { "docker.io": [own] } })],
    [
      "accepts Docker Hub with another mirror",
      cluster({ mirrors: { "docker.io": ["https://registry-1.docker.io", own] } }),
    ],
    [
      "rejects an empty list of mirrors, which affects K3s' own images as well",
      cluster({ mirrors: { "docker.io": [] } }),
      `${onlySource} of the images that are pulled before the lab's registry runs: Longhorn, the storage canary, K3s' own images`,
    ],
    [
      "rejects Docker Hub alone",
      cluster({ mirrors: { "docker.io": ["https://registry-1.docker.io"] } }),
      onlySource,
    ],
    [
      "accepts Docker Hub alone with an exemption",
      {
        ...cluster({ mirrors: { "docker.io": [] } }),
        "lab:exemptions": [{ lesson: "I3", reason: "Docker Hub does not limit this network" }],
      },
    ],
    [
      "accepts a login of a mirror",
      cluster({
        mirrors: { "quay.io": [own] },
        registryConfigs: { "10.1.0.9:5000": { username: "puller" } },
      }),
    ],
    [
      "rejects a configuration without a port of a mirror with one",
      cluster({ mirrors: { "quay.io": [own] }, registryConfigs: { "10.1.0.9": { username: "puller" } } }),
      "lab:cluster.registryConfigs.10.1.0.9: is not the host of a mirror",
    ],
    [
      "rejects an empty configuration",
      cluster({ mirrors: { "quay.io": [own] }, registryConfigs: { "10.1.0.9:5000": {} } }),
      "lab:cluster.registryConfigs.10.1.0.9:5000: sets neither ca nor username",
    ],
    [
      "accepts an archive with its checksum (P3)",
      cluster({ archive: "file:///srv/images.tar.zst", archiveChecksum }),
    ],
    ["accepts a checksum without an archive (P3)", cluster({ archiveChecksum })],
    [
      "rejects an archive without a checksum (P3)",
      cluster({ archive: "file:///srv/images.tar.zst" }),
      "lab:cluster.archiveChecksum: is missing",
    ],
  ]);
});
