import { elasticsearchPod } from "../../components/data/elasticsearch/elasticsearchPod.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { describePolicy, resource } from "../testing/testing.ts";
import { labNode } from "../testing/testingStorage.ts";
import { elasticsearch } from "./elasticsearch.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));

/** The StatefulSet as the program makes it, with one thing changed. */
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
const node = labNode("worker-2", { labels: { elasticsearch: "true" } });
const other = labNode("worker-3");

describePolicy(elasticsearch, {
  good: [server(), node, other],
  broken: [
    [
      "another release",
      [
        server((pod) => {
          pod.containers[0].image = "docker.elastic.co/elasticsearch/elasticsearch:7.17.0";
        }),
        node,
      ],
      "7.17.0",
      "8.11.0",
    ],
    [
      "a cluster of several",
      [
        server((pod) => {
          env(pod, "discovery.type").value = "multi-node";
        }),
        node,
      ],
      "multi-node",
      "discovery.type",
    ],
    [
      "a heap above half the limit",
      [
        server((pod) => {
          env(pod, "ES_JAVA_OPTS").value = "-Xms768m -Xmx768m";
        }),
        node,
      ],
      "768 MiB, more than half of its limit of 1024 MiB",
    ],
    [
      "no heap at all",
      [
        server((pod) => {
          env(pod, "ES_JAVA_OPTS").value = "-Xms512m";
        }),
        node,
      ],
      "names no -Xmx",
    ],
    [
      "another directory",
      [
        server((pod) => {
          pod.volumes[0].hostPath.path = "/tmp/elasticsearch";
        }),
        node,
      ],
      "/tmp/elasticsearch",
    ],
    [
      "a volume of Longhorn",
      [
        server((pod) => {
          pod.volumes[0] = { name: "data", persistentVolumeClaim: { claimName: "es" } };
        }),
        node,
      ],
      "does not have its data on the directory /var/lib/elasticsearch",
    ],
    [
      "a directory that Kubernetes may make",
      [
        server((pod) => {
          pod.volumes[0].hostPath.type = "DirectoryOrCreate";
        }),
        node,
      ],
      "DirectoryOrCreate",
    ],
    [
      "no pin",
      [
        server((pod) => {
          pod.affinity = {};
        }),
        node,
      ],
      "could start on a node without its data",
    ],
    [
      "the label on two nodes",
      [server(), node, labNode("worker-4", { labels: { elasticsearch: "true" } })],
      "worker-2 and worker-4 carry",
    ],
    ["the label on no node", [server(), other], "no node carries"],
  ],
});
