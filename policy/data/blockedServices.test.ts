import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, resource, unknown } from "../testing/resources.ts";
import { longhornClass, postgres, statefulSet, volumeClaim } from "../testing/storageResources.ts";
import { blockedServices } from "./blockedServices.ts";

const lab = [longhornClass(), cluster()];
const template = (storageClassName: unknown) => ({
  volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { storageClassName } }],
});

/** A Deployment with some volumes. Its pods have its name as a label. */
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
    // A PostgreSQL cluster is not a volume of the service.
    postgres("kedb"),
    postgres("incident-swarming-db"),
    // Neo4j with a hostPath volume, and its client.
    pods("knowledge-graph", [{ name: "data", hostPath: { path: "/var/lib/neo4j" } }]),
    pods("knowledge-graph-api", mounts("knowledge-graph-api-cache")),
    volumeClaim("knowledge-graph-api-cache", 1),
    // Volumes of services that Longhorn did not block.
    volumeClaim("event-correlation-data", 10),
    pods("event-correlation", mounts("event-correlation-data")),
    statefulSet("knowledge-graph", template("local-path")),
    statefulSet("sla-predictor", template(unknown)),
    volumeClaim("kedb-data", 1, { storageClassName: "nfs-media" }),
  ],
  invalid: [
    [
      "a Longhorn claim of a blocked service",
      [...lab, volumeClaim("kedb-data", 5)],
      'kedb-data.spec.storageClassName = "longhorn": stores a volume of kedb on Longhorn',
      "it uses its own PostgreSQL cluster",
    ],
    [
      "a Longhorn claim with the label of a blocked service",
      [
        ...lab,
        resource("kubernetes:core/v1:PersistentVolumeClaim", {
          metadata: { name: "state", labels: { app: "incident-swarming" } },
          spec: { storageClassName: "longhorn" },
        }),
      ],
      "stores a volume of incident-swarming on Longhorn",
    ],
    [
      "a claim without a class, where Longhorn's is the default",
      [...lab, volumeClaim("sla-predictor-data", 5, { storageClassName: undefined })],
      'sla-predictor-data.spec.storageClassName = "longhorn"',
      "it uses MongoDB and no volume",
    ],
    [
      "Neo4j on a Longhorn class with a tag",
      [
        ...lab,
        longhornClass("longhorn-fast", 1, "fast"),
        statefulSet("knowledge-graph", template("longhorn-fast")),
      ],
      'knowledge-graph.spec.volumeClaimTemplates[0].spec.storageClassName = "longhorn-fast"',
      "it uses a hostPath volume for Neo4j",
    ],
    [
      "pods that mount a claim with another name",
      [...lab, volumeClaim("models", 5), pods("availability-risk-engine", mounts("models"))],
      'availability-risk-engine.spec.template.spec.volumes[0].persistentVolumeClaim.claimName = "longhorn": stores PersistentVolumeClaim data/models of availability-risk-engine on Longhorn',
    ],
    [
      "an ephemeral volume in a workload with another name",
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
      "a claim once, although pods mount it",
      [...lab, volumeClaim("kedb-data", 5), pods("kedb", mounts("kedb-data"))],
      "kedb-data.spec.storageClassName",
    ],
  ],
});

test("distinguishes claims of the same name in different namespaces (D5)", () => {
  const elsewhere = resource("kubernetes:core/v1:PersistentVolumeClaim", {
    metadata: { namespace: "media", name: "models" },
    spec: { storageClassName: "longhorn" },
  });
  expect(violationsOf(blockedServices, [...lab, elsewhere, pods("kedb", mounts("models"))])).toEqual([]);
});
