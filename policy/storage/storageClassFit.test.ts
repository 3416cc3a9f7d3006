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
      "a claim that names no class",
      [...lab, volumeClaim("a", 1, { storageClassName: undefined })],
      "a.spec.storageClassName is not given, and the default class is a guess",
    ],
    [
      "a template that names none",
      [...lab, statefulSet("a", templates(undefined))],
      "a.spec.volumeClaimTemplates[0].spec.storageClassName is not given",
    ],
    [
      "a Postgres log that names none",
      [...lab, postgres("a", { walStorage: { size: "1Gi" } })],
      "a.spec.walStorage.storageClass is not given",
    ],
    [
      "a chart's claim that names none",
      [...lab, claimingComponent("a", [{ sizeGiB: 1, count: 1 }])],
      "a.claims[0].storageClass is not given",
    ],
    [
      "a Longhorn volume for many writers",
      [...lab, volumeClaim("a", 1, { accessModes: ["ReadWriteOnce", "ReadWriteMany"] })],
      'a.spec.storageClassName = "longhorn" is claimed ReadWriteMany',
      "NFS",
    ],
    [
      "media on Longhorn",
      [...lab, volumeClaim("films", 1024)],
      'films.spec.storageClassName = "longhorn" is claimed with 1024 GiB',
      "NFS",
    ],
    [
      "media that a chart claims, on a Longhorn class that the program does not make",
      [claimingComponent("films", [{ storageClass: "longhorn-sas-ssd", sizeGiB: 2048, count: 1 }])],
      'films.claims[0].storageClass = "longhorn-sas-ssd"',
    ],
    [
      "Elasticsearch on Longhorn",
      [...lab, statefulSet("search", {}, {}, elastic)],
      'search.spec.volumeClaimTemplates[0].spec.storageClassName = "longhorn" puts a single-node database on Longhorn',
      "hostPath",
    ],
    [
      "Neo4j on a Longhorn class of another name",
      [
        ...lab,
        longhornClass("fast"),
        volumeClaim("graph", 5, { storageClassName: "fast" }),
        pods(neo4j, mounts("graph")),
      ],
      'it.spec.template.spec.volumes[0].persistentVolumeClaim.claimName = "fast" puts a single-node database on Longhorn',
    ],
    [
      "Elasticsearch on NFS",
      [...lab, statefulSet("search", templates("nfs-media"), {}, elastic)],
      "puts a single-node database on NFS",
    ],
    [
      "a cache on Longhorn",
      [...lab, statefulSet("sessions", {}, {}, redis)],
      "puts a cache on Longhorn; it takes emptyDir",
    ],
    [
      "a cache on its node",
      [
        ...lab,
        pods("docker.io/valkey/valkey:9.0.0", [{ name: "data", hostPath: { path: "/var/lib/valkey" } }]),
      ],
      'volumes[0].hostPath.path = "/var/lib/valkey" puts a cache on a directory of the node',
    ],
    [
      "a cache that a chart puts on Longhorn",
      [
        ...lab,
        release({
          values: {
            image: { repository: "bitnami/redis", tag: "8.2.1" },
            master: { persistence: { storageClass: "longhorn" } },
          },
        }),
      ],
      'it.values.master.persistence.storageClass = "longhorn" puts a cache on Longhorn',
    ],
    [
      "a class that a claim gets for naming none, on top of the guess",
      [
        object(
          "storage.k8s.io/v1:StorageClass",
          { name: "plain" },
          { provisioner: "example.com/any" },
          "plain",
        ),
        volumeClaim("a", 4096, { storageClassName: undefined }),
      ],
      "the default class is a guess",
    ],
  ],
});

test("a claim of the same name in another namespace is another claim", () => {
  const elsewhere = resource("kubernetes:core/v1:PersistentVolumeClaim", {
    metadata: { namespace: "media", name: "config" },
    spec: { storageClassName: "longhorn" },
  });
  expect(violationsOf(storageClassFit, [...lab, elsewhere, pods(redis, mounts("config"))])).toEqual([]);
});
