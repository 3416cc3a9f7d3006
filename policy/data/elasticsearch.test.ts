import { expect, test } from "vitest";
import { elasticsearchPod } from "../../components/data/elasticsearch/elasticsearchPod.ts";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { lab, resource, unknown } from "../testing/resources.ts";
import { labNode } from "../testing/storageResources.ts";
import { elasticsearch } from "./elasticsearch.ts";

/** The StatefulSet that the program creates, with a change. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
function server(change: (pod: any) => void = () => {}) {
  const pod = structuredClone(
    elasticsearchPod(
      lab,
      { heapMiB: 512, memoryMiB: 1024 },
      { name: "data", hostPath: { path: "/var/lib/elasticsearch", type: "Directory" } },
    ),
  );
  change(pod);
  return resource(
    "kubernetes:apps/v1:StatefulSet",
    {
      metadata: { namespace: "cortex-knowledge", name: "knowledge-elasticsearch" },
      spec: { replicas: 1, template: { spec: pod } },
    },
    { name: "knowledge-elasticsearch" },
  );
}
// biome-ignore lint/suspicious/noExplicitAny: as above
const env = (pod: any, name: string) => pod.containers[0].env.find((each: any) => each.name === name);
const node = labNode("k3s2", { labels: { elasticsearch: "true" } });
const other = labNode("k3s3");

describePolicy(elasticsearch, {
  valid: [server(), node, other],
  invalid: [
    [
      "another release than the pinned one",
      [
        server((pod) => {
          pod.containers[0].image = "docker.elastic.co/elasticsearch/elasticsearch:7.17.0";
        }),
        node,
      ],
      "7.17.0",
      "is not the pinned release 8.11.0",
    ],
    [
      "a multi-node cluster",
      [
        server((pod) => {
          env(pod, "discovery.type").value = "multi-node";
        }),
        node,
      ],
      'env[discovery.type] = "multi-node": is not single-node',
    ],
    [
      "a heap of more than half the memory limit",
      [
        server((pod) => {
          env(pod, "ES_JAVA_OPTS").value = "-Xms768m -Xmx768m";
        }),
        node,
      ],
      'env[ES_JAVA_OPTS] = "-Xms768m -Xmx768m": sets a heap of 768 MiB, which is more than half of the memory limit of 1024 MiB',
    ],
    [
      "a heap without a memory limit",
      [
        server((pod) => {
          delete pod.containers[0].resources.limits.memory;
        }),
        node,
      ],
      "resources.limits.memory: is not set",
    ],
    [
      "a server without a heap size",
      [
        server((pod) => {
          env(pod, "ES_JAVA_OPTS").value = "-Xms512m";
        }),
        node,
      ],
      "does not set -Xmx",
    ],
    [
      "another directory",
      [
        server((pod) => {
          pod.volumes[0].hostPath.path = "/tmp/elasticsearch";
        }),
        node,
      ],
      '"/tmp/elasticsearch": does not mount the hostPath /var/lib/elasticsearch',
    ],
    [
      "a Longhorn volume",
      [
        server((pod) => {
          pod.volumes[0] = { name: "data", persistentVolumeClaim: { claimName: "es" } };
        }),
        node,
      ],
      "volumes: does not mount the hostPath /var/lib/elasticsearch",
    ],
    [
      "a hostPath that Kubernetes can create",
      [
        server((pod) => {
          pod.volumes[0].hostPath.type = "DirectoryOrCreate";
        }),
        node,
      ],
      '"DirectoryOrCreate": is not Directory',
    ],
    [
      "a pod without node affinity",
      [
        server((pod) => {
          pod.affinity = {};
        }),
        node,
      ],
      "does not require the label elasticsearch, so the pod can start on a node without its data",
    ],
    [
      "a node selector term without the label next to one with it",
      [
        server((pod) => {
          const required = pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
          required.nodeSelectorTerms.push({
            matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }],
          });
        }),
        node,
      ],
      "does not require the label elasticsearch",
    ],
    [
      "two nodes with the label",
      [server(), node, labNode("k3s4", { labels: { elasticsearch: "true" } })],
      "k3s2 and k3s4 have it; exactly one node has the data",
    ],
    [
      "a stack without a node with the label",
      [server(), other],
      "selects nodes by the label elasticsearch=true, and no node has it",
    ],
  ],
});

test.each([
  ["-Xmx512m", 0],
  ["-Xmx513m", 1],
  ["-Xmx524288k", 0],
  ["-Xmx524289k", 1],
  ["-Xmx1g", 1],
  ["-Xmx512M", 0],
  ["-Xmx512", 1],
])("reports for a limit of 1024 MiB and %s %i violations (D1)", (options, count) => {
  const withHeap = server((pod) => {
    env(pod, "ES_JAVA_OPTS").value = options;
  });
  expect(violationsOf(elasticsearch, [withHeap, node])).toHaveLength(count);
});

test("accepts an unknown node selector term (D1)", () => {
  const later = server((pod) => {
    pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms = [unknown];
  });
  expect(violationsOf(elasticsearch, [later, node])).toEqual([]);
});

test("ignores jobs and init containers with the image of the server (D1)", () => {
  const containers = [{ image: "docker.elastic.co/elasticsearch/elasticsearch:7.0.0" }];
  const pod = (kind: string, spec: object) => resource(`kubernetes:batch/v1:${kind}`, { spec });
  const template = { spec: { containers } };
  for (const each of [
    pod("Job", { template }),
    pod("CronJob", { jobTemplate: { spec: { template } } }),
    resource("kubernetes:core/v1:Pod", { spec: { initContainers: containers } }),
  ])
    expect(violationsOf(elasticsearch, [each])).toEqual([]);
});
