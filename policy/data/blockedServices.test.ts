import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, resource, unknown } from "../testing/resources.ts";
import { longhornClass, postgres, statefulSet, volumeClaim } from "../testing/storageResources.ts";
import { blockedServices } from "./blockedServices.ts";

const lab = [longhornClass(), cluster()];
const template = (storageClassName: unknown) => ({
  volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { storageClassName } }],
});

/** A Deployment with some volumes; its pods carry its name. */
const pods = (name: string, volumes: unknown, app: unknown = name) =>
  resource(
    "kubernetes:apps/v1:Deployment",
    {
      metadata: { namespace: "data", name },
      spec: { template: { metadata: { labels: { app } }, spec: { containers: [], volumes } } },
    },
    { name },
  );
const mounts = (claimName: unknown) => [{ name: "data", persistentVolumeClaim: { claimName } }];

describePolicy(blockedServices, {
  valid: [
    ...lab,
    pods("kedb", [{ name: "tmp", emptyDir: {} }]),
    pods("sla-predictor", unknown),
    pods("availability-risk-engine", mounts(unknown)),
    resource(
      "kubernetes:apps/v1:Deployment",
      { metadata: { name: "kedb" }, spec: unknown },
      { name: "kedb" },
    ),
    // Their database is no volume of theirs.
    postgres("kedb"),
    postgres("incident-swarming-db"),
    // Neo4j on its node, and the service that asks it.
    pods("knowledge-graph", [{ name: "data", hostPath: { path: "/var/lib/neo4j" } }]),
    pods("knowledge-graph-api", mounts("knowledge-graph-api-cache")),
    volumeClaim("knowledge-graph-api-cache", 1),
    // Others' volumes, which had worked.
    volumeClaim("event-correlation-data", 10),
    pods("event-correlation", mounts("event-correlation-data")),
    statefulSet("knowledge-graph", template("local-path")),
    statefulSet("sla-predictor", template(unknown)),
    volumeClaim("kedb-data", 1, { storageClassName: "nfs-media" }),
  ],
  invalid: [
    [
      "a claim of its own",
      [...lab, volumeClaim("kedb-data", 5)],
      'kedb-data.spec.storageClassName = "longhorn" puts a volume of kedb on Longhorn',
      "a PostgreSQL cluster of its own",
    ],
    [
      "a claim that says by a label whose it is",
      [
        ...lab,
        resource("kubernetes:core/v1:PersistentVolumeClaim", {
          metadata: { name: "state", labels: { app: "incident-swarming" } },
          spec: { storageClassName: "longhorn" },
        }),
      ],
      "puts a volume of incident-swarming on Longhorn",
    ],
    [
      "a claim that names no class, where Longhorn's is the default",
      [...lab, volumeClaim("sla-predictor-data", 5, { storageClassName: undefined })],
      'sla-predictor-data.spec.storageClassName = "longhorn"',
      "MongoDB, and nothing in its pod",
    ],
    [
      "Neo4j with a volume of a Longhorn tier",
      [
        ...lab,
        longhornClass("longhorn-fast", 1, "fast"),
        statefulSet("knowledge-graph", template("longhorn-fast")),
      ],
      'knowledge-graph.spec.volumeClaimTemplates[0].spec.storageClassName = "longhorn-fast"',
      "a directory of its node",
    ],
    [
      "pods that mount a claim of another name",
      [...lab, volumeClaim("models", 5), pods("availability-risk-engine", mounts("models"))],
      'availability-risk-engine.spec.template.spec.volumes[0].persistentVolumeClaim.claimName = "longhorn" puts PersistentVolumeClaim data/models of availability-risk-engine on Longhorn',
    ],
    [
      "a volume that comes with each pod, in a workload of another name",
      [
        ...lab,
        pods(
          "alerts",
          [{ name: "data", ephemeral: { volumeClaimTemplate: { spec: { storageClassName: "longhorn" } } } }],
          "intelligent-alerting",
        ),
      ],
      "alerts.spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec.storageClassName",
      "a volume of intelligent-alerting on Longhorn",
    ],
    [
      "its own claim, once, though its pods mount it",
      [...lab, volumeClaim("kedb-data", 5), pods("kedb", mounts("kedb-data"))],
      "kedb-data.spec.storageClassName",
    ],
  ],
});

test("a claim of the same name in another namespace is another claim", () => {
  const elsewhere = resource("kubernetes:core/v1:PersistentVolumeClaim", {
    metadata: { namespace: "media", name: "models" },
    spec: { storageClassName: "longhorn" },
  });
  expect(violationsOf(blockedServices, [...lab, elsewhere, pods("kedb", mounts("models"))])).toEqual([]);
});
