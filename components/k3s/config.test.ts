import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Node } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { auditPolicy } from "./auditPolicy.ts";
import {
  binaryUrl,
  etcdSnapshots,
  memberConfig,
  mirrorCertificateSettings,
  registriesConfig,
  snapshotRetention,
} from "./config.ts";
import { installSettings } from "./k3sSteps.ts";
import { kubeVipManifest } from "./kubeVip.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const secrets = { token: "TOKEN", backupKeyId: "KEY-ID", backupKey: "KEY" };
const configOf = (name: string) => {
  const node = lab.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(name);
  return memberConfig(lab, node, secrets);
};

describe("config.yaml", () => {
  test("of a server", () => expect(configOf("server-2")).toMatchSnapshot());
  test("of an agent", () => expect(configOf("worker-1")).toMatchSnapshot());

  test("keeps the backups' key and the token off nobody who needs them, and off agents", () => {
    expect(configOf("server-1")).toContain("etcd-s3-secret-key: KEY\n");
    expect(configOf("worker-1")).not.toContain("KEY");
  });

  test("is the same at every rendering, so that nothing restarts for nothing", () =>
    expect(configOf("server-1")).toBe(configOf("server-1")));
});

describe("the snapshots that are kept", () => {
  test.each([
    [{ everyHours: 6, keepDays: 7 }, 3, { onServer: 28, inBucket: 84 }],
    [{ everyHours: 6, keepDays: 7 }, 1, { onServer: 28, inBucket: 28 }],
    // A part of an interval needs a snapshot of its own.
    [{ everyHours: 5, keepDays: 1 }, 3, { onServer: 5, inBucket: 15 }],
    [{ everyHours: 24, keepDays: 1 }, 3, { onServer: 1, inBucket: 3 }],
    [{ everyHours: 25, keepDays: 1 }, 3, { onServer: 1, inBucket: 3 }],
    [{ everyHours: 23, keepDays: 1 }, 3, { onServer: 2, inBucket: 6 }],
  ])("of %o with %i servers are %o", (schedule, servers, kept) =>
    expect(snapshotRetention(schedule, servers)).toEqual(kept),
  );

  test("cover the days in the bucket, and no interval more, whatever the schedule and the number of servers", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (everyHours, keepDays, servers) => {
          const { onServer, inBucket } = snapshotRetention({ everyHours, keepDays }, servers);
          // K3s counts the snapshots of all servers together.
          const covered = (inBucket / servers) * everyHours;
          expect(covered).toBeGreaterThanOrEqual(keepDays * 24);
          expect(covered - everyHours).toBeLessThan(keepDays * 24);
          expect(onServer * servers).toBe(inBucket);
        },
      ),
    ));

  test("are taken as often as the schedule says", () =>
    expect(etcdSnapshots.cron).toBe(`0 */${etcdSnapshots.everyHours} * * *`));
});

describe("registries.yaml", () => {
  const publicMirrors = ["https://mirror.gcr.io", "https://public.ecr.aws/v2/docker"];
  const withCluster = (change: Partial<typeof lab.config.cluster>) => ({
    ...lab,
    config: { ...lab.config, cluster: { ...lab.config.cluster, ...change } },
  });

  test("puts public mirrors before Docker Hub, and the embedded registry behind every other name (I3)", () =>
    expect(parse(registriesConfig(lab))).toEqual({
      mirrors: { "*": {}, "docker.io": { endpoint: publicMirrors } },
    }));

  test("has the mirrors of the stack file in place of the public ones, and keeps those of other registries", () => {
    const own = withCluster({ mirrors: { "docker.io": ["https://mirror.lab"] } });
    expect(parse(registriesConfig(own)).mirrors["docker.io"]).toEqual({ endpoint: ["https://mirror.lab"] });
    const other = withCluster({ mirrors: { "quay.io": ["https://mirror.lab"] } });
    expect(parse(registriesConfig(other)).mirrors["docker.io"]).toEqual({ endpoint: publicMirrors });
  });

  test("has the CA and the login of a mirror, by its host as its URL spells it", () => {
    const private_ = withCluster({
      mirrors: { "docker.io": ["https://10.1.0.9:5000/v2/hub", "https://open.lab:443"] },
      registryConfigs: {
        "10.1.0.9:5000": { ca: "PEM\n", username: "puller" },
        "open.lab:443": { ca: "PEM\n" },
      },
    });
    expect(parse(registriesConfig(private_, undefined, { "10.1.0.9:5000": "planted" })).configs).toEqual({
      "10.1.0.9:5000": {
        auth: { username: "puller", password: "planted" },
        tls: { ca_file: "/etc/rancher/k3s/mirrors/10.1.0.9_5000.pem" },
      },
      "open.lab:443": { tls: { ca_file: "/etc/rancher/k3s/mirrors/open.lab_443.pem" } },
    });
    expect(mirrorCertificateSettings(private_)).toEqual([
      `10.1.0.9_5000.pem:${btoa("PEM\n")}`,
      `open.lab_443.pem:${btoa("PEM\n")}`,
    ]);
  });
});

describe("the lab's own registry", () => {
  const registry = {
    address: "10.64.20.200",
    upstreams: { "docker.io": "https://a.example.org", "quay.io": "https://quay.io" },
    imagesGiB: 10,
    cacheGiB: 20,
  };
  const mirrors = { "docker.io": ["https://mirror.lab"], "ghcr.io": ["https://other.lab"] };
  const owning = { ...lab, config: { ...lab.config, registry, cluster: { ...lab.config.cluster, mirrors } } };

  test("is asked first, on the node's loopback address, before the mirrors of the file", () => {
    const { mirrors: written } = parse(registriesConfig(owning, "planted"));
    expect(written).toEqual({
      "*": {},
      "docker.io": { endpoint: ["https://127.0.0.1:30501", "https://mirror.lab"] },
      "ghcr.io": { endpoint: ["https://other.lab"] },
      "quay.io": { endpoint: ["https://127.0.0.1:30502"] },
      "registry.lab.example.net": { endpoint: ["https://127.0.0.1:30500"] },
    });
  });

  test("is trusted by its own certificate alone, and logged in to at every port", () => {
    const { configs } = parse(registriesConfig(owning, "planted"));
    expect(Object.keys(configs)).toEqual(["127.0.0.1:30500", "127.0.0.1:30501", "127.0.0.1:30502"]);
    for (const one of Object.values(configs))
      expect(one).toEqual({
        auth: { username: "lab", password: "planted" },
        tls: { ca_file: "/etc/rancher/k3s/registry.pem" },
      });
  });

  test("is nothing that a lab without one hears of", () => {
    const none = { ...owning, config: { ...owning.config, registry: undefined } };
    expect(parse(registriesConfig(none))).not.toHaveProperty("configs");
  });
});

test("the release's URL is encoded as the download server wants it", () =>
  expect(binaryUrl("v1.36.2+k3s1")).toBe(
    "https://github.com/k3s-io/k3s/releases/download/v1.36.2%2Bk3s1/k3s",
  ));

describe("kube-vip", () => {
  test("is a static pod on the host's network, with the API address and no other privilege", () =>
    expect(kubeVipManifest(lab)).toMatchSnapshot());
});

test("the audit log never holds what a secret contains", () => {
  const { rules } = parse(auditPolicy()) as {
    rules: { level: string; resources?: { resources?: string[] }[] }[];
  };
  const first = rules.find(({ resources }) =>
    resources?.some((entry) => entry.resources?.includes("secrets")),
  );
  expect(first?.level).toBe("Metadata");
});

test("the binary comes from where the lab keeps it, and otherwise from its release (I3)", () => {
  const mirrored = readLab("it", readStackFile("test/fixtures/valid/tiers-and-shares.yaml"));
  const url = (of: typeof lab) => installSettings(of, of.servers[0] as Node).BINARY_URL;
  expect(url(mirrored)).toBe("file:///opt/mirror/k3s-v1.36.2");
  expect(url(lab)).toBe(binaryUrl(lab.config.cluster.version));
});
