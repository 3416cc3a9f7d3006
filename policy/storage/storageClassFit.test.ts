import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, object, release, resource, unknown } from "../testing/resources.ts";
import {
  claimingComponent,
  fileShare,
  longhornClass,
  postgres,
  statefulSet,
  volumeClaim,
} from "../testing/storageResources.ts";
import { storageClassFit } from "./storageClassFit.ts";

const elastic = "docker.elastic.co/elasticsearch/elasticsearch:8.11.0";
const neo4j = "docker.io/library/neo4j:5.26.0";
const redis = "docker.io/library/redis:8.2.1";
const lab = [longhornClass(), ...fileShare(), cluster()];

const pods = (image: string, volumes: unknown) =>
  resource("kubernetes:apps/v1:Deployment", {
    metadata: { namespace: "data", name: "app" },
    spec: { template: { spec: { containers: [{ name: "app", image }], volumes } } },
  });
const templates = (storageClassName: string | undefined) => ({
  volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { storageClassName } }],
});
const mounts = (claimName: string) => [{ name: "data", persistentVolumeClaim: { claimName } }];

describePolicy(storageClassFit, {
  valid: [
    ...lab,
    volumeClaim("config", 1023),
    volumeClaim("media", 30_000, { storageClassName: "nfs-media", accessModes: ["ReadWriteMany"] }),
    volumeClaim("there-already", 30_000, { storageClassName: "" }),
    volumeClaim("later", 30_000, { storageClassName: unknown, accessModes: ["ReadWriteMany"] }),
    volumeClaim("some-modes", 1, { accessModes: unknown }),
    volumeClaim("scratch", 5, { storageClassName: "local-path" }),
    statefulSet("postgres"),
    postgres("cnpg"),
    statefulSet("elastic", { volumeClaimTemplates: [] }, {}, elastic),
    statefulSet("graph", templates("local-path"), {}, neo4j),
    pods(elastic, [{ name: "data", hostPath: { path: "/var/lib/elasticsearch" } }]),
    pods(redis, [{ name: "data", emptyDir: {} }]),
    pods(redis, mounts("scratch")),
    pods(redis, [{ name: "huge-pages", hostPath: { path: "/sys/kernel/mm" } }]),
    pods(redis, unknown),
    pods(unknown, mounts("config")),
    pods("docker.io/library/ghost:6.0.0", mounts("config")),
    release({ values: { image: redis, persistence: { storageClass: unknown } } }),
    release({ values: { image: redis, persistence: { storageClass: "" } } }),
    release({ values: { image: "docker.io/grafana/grafana:12.0.0", storageClassName: "longhorn" } }),
    claimingComponent("monitoring", [{ storageClass: "longhorn", sizeGiB: 50, count: 1 }]),
  ],
  invalid: [
    [
      "a claim without a class",
      [...lab, volumeClaim("a", 1, { storageClassName: undefined })],
      "a.spec.storageClassName: is not set, so the claim uses the default class, which can change",
    ],
    [
      "a volume claim template without a class",
      [...lab, statefulSet("a", templates(undefined))],
      "a.spec.volumeClaimTemplates[0].spec.storageClassName: is not set",
    ],
    [
      "a PostgreSQL WAL without a class",
      [...lab, postgres("a", { walStorage: { size: "1Gi" } })],
      "a.spec.walStorage.storageClass: is not set",
    ],
    [
      "a chart's claim without a class",
      [...lab, claimingComponent("a", [{ sizeGiB: 1, count: 1 }])],
      "a.claims[0].storageClass: is not set",
    ],
    [
      "a Longhorn volume with ReadWriteMany",
      [...lab, volumeClaim("a", 1, { accessModes: ["ReadWriteOnce", "ReadWriteMany"] })],
      'a.spec.storageClassName = "longhorn": is claimed with ReadWriteMany',
      "use NFS",
    ],
    [
      "media on Longhorn",
      [...lab, volumeClaim("films", 1024)],
      'films.spec.storageClassName = "longhorn": is claimed with 1024 GiB',
      "use NFS for volumes of 1024 GiB or more",
    ],
    [
      "media of a chart on a Longhorn class that the program does not create",
      [claimingComponent("films", [{ storageClass: "longhorn-sas-ssd", sizeGiB: 2048, count: 1 }])],
      'films.claims[0].storageClass = "longhorn-sas-ssd"',
    ],
    [
      "Elasticsearch on Longhorn",
      [...lab, statefulSet("search", {}, {}, elastic)],
      'search.spec.volumeClaimTemplates[0].spec.storageClassName = "longhorn": stores the data of a single-node database on Longhorn',
      "use a hostPath volume",
    ],
    [
      "Neo4j on a Longhorn class with another name",
      [
        ...lab,
        longhornClass("fast"),
        volumeClaim("graph", 5, { storageClassName: "fast" }),
        pods(neo4j, mounts("graph")),
      ],
      'it.spec.template.spec.volumes[0].persistentVolumeClaim.claimName = "fast": stores the data of a single-node database on Longhorn',
    ],
    [
      "Elasticsearch on NFS",
      [...lab, statefulSet("search", templates("nfs-media"), {}, elastic)],
      "stores the data of a single-node database on NFS",
    ],
    [
      "a cache on Longhorn",
      [...lab, statefulSet("sessions", {}, {}, redis)],
      "stores the data of a cache on Longhorn; use emptyDir",
    ],
    [
      "a cache in a directory of the node",
      [
        ...lab,
        pods("docker.io/valkey/valkey:9.0.0", [{ name: "data", hostPath: { path: "/var/lib/valkey" } }]),
      ],
      'volumes[0].hostPath.path = "/var/lib/valkey": stores the data of a cache on a directory of the node',
    ],
    [
      "a chart's cache on Longhorn",
      [
        ...lab,
        release({
          values: {
            image: { repository: "bitnami/redis", tag: "8.2.1" },
            master: { persistence: { storageClass: "longhorn" } },
          },
        }),
      ],
      'it.values.master.persistence.storageClass = "longhorn": stores the data of a cache on Longhorn',
    ],
    [
      "a large claim without a class only for the missing class",
      [
        object(
          "storage.k8s.io/v1:StorageClass",
          { name: "plain" },
          { provisioner: "example.com/any" },
          "plain",
        ),
        volumeClaim("a", 4096, { storageClassName: undefined }),
      ],
      "so the claim uses the default class, which can change",
    ],
  ],
});

test.each([
  [1023, 0],
  [1024, 1],
])("reports for a Longhorn volume of %i GiB %i violations (S10)", (sizeGiB, count) =>
  expect(violationsOf(storageClassFit, [...lab, volumeClaim("a", sizeGiB)])).toHaveLength(count),
);

test.each(["redis", "valkey", "memcached", "keydb", "dragonfly", "elasticsearch-oss", "neo4j"])(
  "rejects %s on Longhorn (S10)",
  (name) =>
    expect(
      violationsOf(storageClassFit, [...lab, statefulSet("a", {}, {}, `docker.io/library/${name}:1`)]),
    ).toHaveLength(1),
);

test("distinguishes claims of the same name in different namespaces (S10)", () => {
  const elsewhere = resource("kubernetes:core/v1:PersistentVolumeClaim", {
    metadata: { namespace: "media", name: "config" },
    spec: { storageClassName: "longhorn" },
  });
  expect(violationsOf(storageClassFit, [...lab, elsewhere, pods(redis, mounts("config"))])).toEqual([]);
});
