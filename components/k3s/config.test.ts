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

describe("memberConfig", () => {
  test("renders config.yaml of a server", () => expect(configOf("server-2")).toMatchSnapshot());
  test("renders config.yaml of an agent", () => expect(configOf("worker-1")).toMatchSnapshot());

  test("contains the backup key on servers and not on agents", () => {
    expect(configOf("server-1")).toContain("etcd-s3-secret-key: KEY\n");
    expect(configOf("worker-1")).not.toContain("KEY");
  });

  test("renders the same text every time, so that K3s does not restart without a change", () =>
    expect(configOf("server-1")).toBe(configOf("server-1")));
});

describe("snapshotRetention", () => {
  test.each([
    [{ everyHours: 6, keepDays: 7 }, 3, { onServer: 28, inBucket: 84 }],
    [{ everyHours: 6, keepDays: 7 }, 1, { onServer: 28, inBucket: 28 }],
    // A partial interval needs one more snapshot.
    [{ everyHours: 5, keepDays: 1 }, 3, { onServer: 5, inBucket: 15 }],
    [{ everyHours: 24, keepDays: 1 }, 3, { onServer: 1, inBucket: 3 }],
    [{ everyHours: 25, keepDays: 1 }, 3, { onServer: 1, inBucket: 3 }],
    [{ everyHours: 23, keepDays: 1 }, 3, { onServer: 2, inBucket: 6 }],
  ])("retains for %o with %i servers %o", (schedule, servers, kept) =>
    expect(snapshotRetention(schedule, servers)).toEqual(kept),
  );

  test("covers the days in the bucket and at most one interval more, for every schedule and number of servers", () =>
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

  test("has the interval of the cron schedule", () =>
    expect(etcdSnapshots.cron).toBe(`0 */${etcdSnapshots.everyHours} * * *`));
});

describe("registriesConfig", () => {
  const publicMirrors = ["https://mirror.gcr.io", "https://public.ecr.aws/v2/docker"];
  const withCluster = (change: Partial<typeof lab.config.cluster>) => ({
    ...lab,
    config: { ...lab.config, cluster: { ...lab.config.cluster, ...change } },
  });

  test("configures public mirrors for Docker Hub and the embedded registry for every other registry (I3)", () =>
    expect(parse(registriesConfig(lab))).toEqual({
      mirrors: { "*": {}, "docker.io": { endpoint: publicMirrors } },
    }));

  test("replaces the public mirrors by those of the stack file, and only for the same registry", () => {
    const hubMirror = withCluster({ mirrors: { "docker.io": ["https://mirror.lab"] } });
    expect(parse(registriesConfig(hubMirror)).mirrors["docker.io"]).toEqual({
      endpoint: ["https://mirror.lab"],
    });
    const other = withCluster({ mirrors: { "quay.io": ["https://mirror.lab"] } });
    expect(parse(registriesConfig(other)).mirrors["docker.io"]).toEqual({ endpoint: publicMirrors });
  });

  test("configures CA and login of a mirror under the host of its URL", () => {
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

describe("registriesConfig with the lab's own registry", () => {
  const registry = {
    address: "10.64.20.200",
    upstreams: { "docker.io": "https://a.example.org", "quay.io": "https://quay.io" },
    imagesGiB: 10,
    cacheGiB: 20,
  };
  const mirrors = { "docker.io": ["https://mirror.lab"], "ghcr.io": ["https://other.lab"] };
  const withRegistry = {
    ...lab,
    config: { ...lab.config, registry, cluster: { ...lab.config.cluster, mirrors } },
  };

  test("lists it on the node's loopback address before the mirrors of the stack file", () => {
    const { mirrors: written } = parse(registriesConfig(withRegistry, "planted"));
    expect(written).toEqual({
      "*": {},
      "docker.io": { endpoint: ["https://127.0.0.1:30501", "https://mirror.lab"] },
      "ghcr.io": { endpoint: ["https://other.lab"] },
      "quay.io": { endpoint: ["https://127.0.0.1:30502"] },
      "registry.lab.example.net": { endpoint: ["https://127.0.0.1:30500"] },
    });
  });

  test("configures its certificate and login for every port", () => {
    const { configs } = parse(registriesConfig(withRegistry, "planted"));
    expect(Object.keys(configs)).toEqual(["127.0.0.1:30500", "127.0.0.1:30501", "127.0.0.1:30502"]);
    for (const one of Object.values(configs))
      expect(one).toEqual({
        auth: { username: "lab", password: "planted" },
        tls: { ca_file: "/etc/rancher/k3s/registry.pem" },
      });
  });

  test("omits its configuration in a lab without a registry", () => {
    const none = { ...withRegistry, config: { ...withRegistry.config, registry: undefined } };
    expect(parse(registriesConfig(none))).not.toHaveProperty("configs");
  });
});

test("binaryUrl encodes the plus sign of the version", () =>
  expect(binaryUrl("v1.36.2+k3s1")).toBe(
    "https://github.com/k3s-io/k3s/releases/download/v1.36.2%2Bk3s1/k3s",
  ));

describe("kubeVipManifest", () => {
  test("renders a static pod with the API address and only the capabilities NET_ADMIN and NET_RAW", () =>
    expect(kubeVipManifest(lab)).toMatchSnapshot());
});

test("auditPolicy records only the metadata of Secrets", () => {
  const { rules } = parse(auditPolicy()) as {
    rules: { level: string; resources?: { resources?: string[] }[] }[];
  };
  const first = rules.find(({ resources }) =>
    resources?.some((entry) => entry.resources?.includes("secrets")),
  );
  expect(first?.level).toBe("Metadata");
});

test("installSettings downloads the binary from the configured URL, and otherwise from the release (I3)", () => {
  const mirrored = readLab("it", readStackFile("test/fixtures/valid/tiers-and-shares.yaml"));
  const url = (of: typeof lab) => installSettings(of, of.servers[0] as Node).BINARY_URL;
  expect(url(mirrored)).toBe("file:///opt/mirror/k3s-v1.36.2");
  expect(url(lab)).toBe(binaryUrl(lab.config.cluster.version));
});
