import { networkRuleSpec, type Peer } from "../../components/kubernetes/networkRule.ts";
import { describePolicy, httpRoute, object, unknown } from "../testing/testing.ts";
import { statefulSet } from "../testing/testingStorage.ts";
import { elasticsearchClosed } from "./elasticsearchClosed.ts";

const labels = { app: "knowledge-elasticsearch" };
const server = statefulSet(
  "knowledge-elasticsearch",
  {
    template: {
      metadata: { labels },
      spec: {
        containers: [{ name: "es", image: "docker.elastic.co/elasticsearch/elasticsearch:8.11.0" }],
      },
    },
    volumeClaimTemplates: [],
  },
  {},
  "",
);
const service = (spec: object = {}) =>
  object(
    "core/v1:Service",
    { namespace: "data", name: "knowledge-elasticsearch", uid: unknown },
    { spec: { selector: labels, ports: [{ port: 9200 }], ...spec } },
    "service",
  );
const hole = (peer: Peer, pods: Record<string, string> | undefined = labels) =>
  object(
    "cilium.io/v2:CiliumNetworkPolicy",
    { namespace: "data", name: "hole" },
    {
      spec: networkRuleSpec({
        name: "hole",
        direction: "ingress",
        peer,
        ports: [9200],
        ...(pods && { pods }),
      }),
    },
    "hole",
  );
const client: Peer = { namespace: "cortex-itil", pods: { app: "event-correlation" } };

describePolicy(elasticsearchClosed, {
  good: [
    server,
    service(),
    hole(client),
    hole({ entities: ["world"] }, { app: "portal" }),
    httpRoute("jellyfin"),
    httpRoute("portal", { rules: [{ backendRefs: [{ name: "portal", port: 80 }] }] }, { namespace: "data" }),
  ],
  broken: [
    [
      "a route",
      [
        server,
        service(),
        httpRoute(
          "search",
          { rules: [{ backendRefs: [{ name: "knowledge-elasticsearch", port: 9200 }] }] },
          { namespace: "data" },
        ),
      ],
      "search-route.spec.rules[0].backendRefs[0].name",
    ],
    [
      "a route from another namespace",
      [
        server,
        service(),
        httpRoute("search", {
          rules: [{ backendRefs: [{ name: "knowledge-elasticsearch", namespace: "data", port: 9200 }] }],
        }),
      ],
      "leads from outside",
    ],
    ["an address of its own", [server, service({ type: "LoadBalancer" })], "LoadBalancer"],
    ["a hole for the world", [server, hole({ entities: ["world"] })], "the entity world"],
    ["a hole for the cluster", [server, hole({ entities: ["cluster"] })], "the entity cluster"],
    ["a hole for a namespace", [server, hole({ namespace: "media" })], "every pod of a namespace"],
    ["a hole for addresses", [server, hole({ cidrs: ["10.0.0.0/8"] })], "addresses"],
  ],
});
