import { expect, test } from "vitest";
import { demandedLabels } from "./demandedLabels.ts";
import { resolveLab } from "./lab.ts";
import { readLab } from "./read.ts";
import { readStackFile } from "./source.ts";

const read = (fixture: string) => readLab("it", readStackFile(`test/fixtures/valid/${fixture}.yaml`));

test("demands Longhorn's labels for every node with disks, and for no other (S6)", () => {
  const { config } = read("minimal");
  const longhorn = { storage: "longhorn", "node.longhorn.io/create-default-disk": "config" };
  const demanded = demandedLabels(config);
  for (const [name, { disks }] of Object.entries(config.nodes))
    expect(demanded[name]).toEqual(disks.length > 0 ? longhorn : {});
});

test("demands the BGP label for the nodes that announce addresses (N5)", () => {
  const { config } = read("bgp-and-acme");
  const demanded = demandedLabels(config);
  const announcing = config.ingress.bgp?.nodes ?? [];
  expect(announcing.length).toBeGreaterThan(0);
  for (const name of Object.keys(config.nodes))
    expect(demanded[name]?.["lab.home/bgp"]).toBe(announcing.includes(name) ? "announce" : undefined);
});

test("demands the label of each database for its node alone (D1, D5)", () => {
  const { config } = read("itil");
  const demanded = demandedLabels(config);
  const { elasticsearch, neo4j } = config.data ?? expect.fail("no databases");
  for (const [database, { node }] of Object.entries({ elasticsearch, neo4j })) {
    const labelled = Object.keys(demanded).filter((name) => demanded[name]?.[database] === "true");
    expect(labelled).toEqual([node]);
  }
});

test("gives a node the labels of the stack file in addition", () => {
  const { config } = read("minimal");
  const [name = "", node] = Object.entries(config.nodes).find(([, { disks }]) => disks.length > 0) ?? [];
  if (node === undefined) return expect.fail("no node has disks");
  const changed = { ...config, nodes: { ...config.nodes, [name]: { ...node, labels: { rack: "1" } } } };
  const resolved = resolveLab("it", changed, demandedLabels(changed)).nodes.find(
    (each) => each.name === name,
  );
  expect(resolved?.labels).toEqual({ ...demandedLabels(config)[name], rack: "1" });
});
