import { networkRuleSpec, type Peer } from "../../components/kubernetes/networkRule.ts";
import { describePolicy } from "../testing/describePolicy.ts";
import { httpRoute, object, unknown } from "../testing/resources.ts";
import { statefulSet } from "../testing/storageResources.ts";
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
const allow = (peer: Peer, pods: Record<string, string> | undefined = labels) =>
  object(
    "cilium.io/v2:CiliumNetworkPolicy",
    { namespace: "data", name: "allow" },
    {
      spec: networkRuleSpec({ name: "allow", direction: "from", peer, ports: [9200], ...(pods && { pods }) }),
    },
    "allow",
  );
const client: Peer = { namespace: "cortex-itil", pods: { app: "event-correlation" } };

describePolicy(elasticsearchClosed, {
  valid: [
    server,
    service(),
    allow(client),
    allow({ world: true }, { app: "portal" }),
    httpRoute("jellyfin"),
    httpRoute("portal", { rules: [{ backendRefs: [{ name: "portal", port: 80 }] }] }, { namespace: "data" }),
  ],
  invalid: [
    [
      "an HTTPRoute to Elasticsearch",
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
      "exposes StatefulSet data/knowledge-elasticsearch outside the cluster",
    ],
    [
      "an HTTPRoute from another namespace",
      [
        server,
        service(),
        httpRoute("search", {
          rules: [{ backendRefs: [{ name: "knowledge-elasticsearch", namespace: "data", port: 9200 }] }],
        }),
      ],
      "it has no authentication",
    ],
    [
      "a Service of type LoadBalancer",
      [server, service({ type: "LoadBalancer" })],
      'service.spec.type = "LoadBalancer": exposes StatefulSet data/knowledge-elasticsearch to the networks',
    ],
    ["a Service of type NodePort", [server, service({ type: "NodePort" })], "to the networks of the lab"],
    [
      "a network policy for the world",
      [server, allow({ world: true })],
      "allow.spec.ingress[0]: allows the entity world to connect to StatefulSet data/knowledge-elasticsearch",
    ],
    ["a network policy for the cluster", [server, allow({ cluster: true })], "allows the entity cluster"],
    [
      "a network policy for a namespace",
      [server, allow({ namespace: "media" })],
      "allows every pod of a namespace",
    ],
    ["a network policy for a CIDR range", [server, allow({ cidrs: ["10.0.0.0/8"] })], "allows a CIDR range"],
    [
      "a network policy without peers",
      [
        server,
        object(
          "cilium.io/v2:CiliumNetworkPolicy",
          { namespace: "data", name: "open" },
          { spec: { endpointSelector: {}, ingress: [{}] } },
        ),
      ],
      "allows every peer",
    ],
  ],
});
