import { describe, expect, test } from "vitest";
import { bgpLabel } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { nodeLabels } from "../k3s/config.ts";
import { announcements, loadBalancerPool } from "./announcement.ts";

const homelab = readLab("homelab", readStackFile("test/reference.yaml"));
const withBgp = readLab("bgp", readStackFile("test/fixtures/valid/bgp-and-acme.yaml"));

test("the pool is the configured range", () => {
  expect(loadBalancerPool(homelab).spec).toEqual({
    blocks: [{ start: "10.64.20.199", stop: "10.64.20.219" }],
  });
  expect(loadBalancerPool(withBgp).spec).toEqual({ blocks: [{ start: "10.9.0.0", stop: "10.9.0.63" }] });
});

describe("by ARP", () => {
  test("workers answer, where there are any", () =>
    expect(announcements(homelab)).toEqual([
      expect.objectContaining({
        kind: "CiliumL2AnnouncementPolicy",
        spec: {
          loadBalancerIPs: true,
          nodeSelector: {
            matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" }],
          },
        },
      }),
    ]));

  test("every node answers, where all are servers", () =>
    expect(announcements({ ...homelab, agents: [] })[0]?.spec).toEqual({ loadBalancerIPs: true }));
});

describe("by BGP", () => {
  const [advertisement, peer, cluster] = announcements(withBgp);

  test("the AS numbers and routers are the configured ones", () =>
    expect(cluster?.spec.bgpInstances).toEqual([
      {
        name: "lab",
        localASN: 64512,
        peers: [
          {
            name: "router",
            peerASN: 64513,
            peerAddress: "10.2.0.1",
            peerConfigRef: { name: peer?.metadata.name },
          },
        ],
      },
    ]));

  test("every announcing node has the label that the peering selects, from K3s' own configuration (N5)", () => {
    expect(cluster?.spec.nodeSelector).toEqual({ matchLabels: { [bgpLabel.key]: bgpLabel.value } });
    for (const node of withBgp.nodes)
      expect(nodeLabels(node).includes(`${bgpLabel.key}=${bgpLabel.value}`)).toBe(node.role === "agent");
  });

  test("the peers' families find the advertisement by its label", () => {
    const families = peer?.spec.families as { advertisements: { matchLabels: object } }[];
    expect(families[0]?.advertisements.matchLabels).toEqual(advertisement?.metadata.labels);
  });
});
