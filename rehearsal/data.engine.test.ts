// Changes of the databases on the real engine, with the simulator as a model of the lab.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messageOf, type OpenedLab, openLab } from "./openLab.ts";

describe("the databases of the homelab", () => {
  let opened: OpenedLab;
  let seen = 0;
  beforeAll(async () => {
    opened = await openLab({ extras: ["data"], policies: false });
    await opened.stack.up();
    seen = opened.simulator.journal.events.length;
  });
  afterAll(async () => await opened?.close());

  const events = (what: string, subject: RegExp | string = "") =>
    opened.simulator.journal.of(what).filter((event) => event.subject.match(subject) !== null);
  /** The steps since the previous call. */
  const done = () => {
    const since = opened.simulator.journal.events.slice(seen);
    seen = opened.simulator.journal.events.length;
    return since.map(({ what, subject }) => `${what} ${subject}`);
  };
  const configure = async (change: Readonly<Record<string, Readonly<Record<string, unknown>>>>) => {
    const { data } = opened.lab.config;
    await opened.stack.setConfig({
      data: JSON.stringify({
        elasticsearch: { ...data?.elasticsearch, ...change.elasticsearch },
        mongodb: { ...data?.mongodb, ...change.mongodb },
        neo4j: { ...data?.neo4j, ...change.neo4j },
      }),
    });
  };

  test.each<[string, readonly [string, RegExp], readonly [string, RegExp]]>([
    [
      "finds AVX on every worker before it creates MongoDB (D4)",
      ["verify-cpu", /worker/],
      ["create-StatefulSet", /mongodb/],
    ],
    [
      "creates the directory before Elasticsearch (D1)",
      ["prepare-directory", /worker02/],
      ["create-StatefulSet", /elasticsearch/],
    ],
    [
      "creates MongoDB's volume after the storage canary passes (S11)",
      ["verify-storage", /./],
      ["create-PersistentVolumeClaim", /mongodb/],
    ],
    [
      "waits until Elasticsearch is green before its first snapshot",
      ["create-Job", /elasticsearch-ready/],
      ["create-CronJob", /elasticsearch/],
    ],
  ])("%s", (_, first, then) => {
    const [before, after] = [events(...first), events(...then)];
    expect(Math.min(before.length, after.length)).toBeGreaterThan(0);
    expect(Math.max(...before.map(({ ended }) => ended))).toBeLessThanOrEqual(
      Math.min(...after.map(({ began }) => began)),
    );
  });

  test("rejects at preview a move without a move order, and a downgrade", async () => {
    await configure({ elasticsearch: { node: "worker-4" } });
    expect(await messageOf(opened.stack.preview())).toMatch(
      /lab:data\.elasticsearch\.node: changes from worker-2 to worker-4.*\(D1\)\n.*movedFrom: worker-2/,
    );
    await configure({ mongodb: { version: "7.0.20" } });
    expect(await messageOf(opened.stack.preview())).toMatch(
      /lab:data\.mongodb\.version: is downgraded from .* \(C2\)/,
    );
    await configure({});
    done();
  });

  test("recreates a lost worker's own database and no other, and restores Elasticsearch", async () => {
    const { simulator, stack, lab } = opened;
    await stack.unprotect(stack.urnOf("proxmoxve:index/vmLegacy:VmLegacy", "worker-2"));
    simulator.demolition = true;
    const { nodes } = lab.config;
    await stack.setConfig({
      nodes: JSON.stringify({
        ...nodes,
        "worker-2": { ...nodes["worker-2"], rebuild: "2026-11-21" },
      }),
    });
    await stack.up();
    simulator.demolition = false;
    const steps = done();
    for (const step of [
      /^prepare-directory worker-2$/,
      /^label-node server-1$/,
      /^create-Job cortex-knowledge\/elasticsearch-ready-/,
    ])
      expect(steps.filter((each) => step.test(each))).toHaveLength(1);
    // Databases with data elsewhere are not read at all.
    expect(steps.filter((each) => /mongodb|neo4j|StatefulSet|PersistentVolumeClaim/.test(each))).toEqual([]);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    done();
  });

  test("moves a database with its data: snapshot on the old node, then directory and label, then restore", async () => {
    const { stack } = opened;
    await configure({ elasticsearch: { node: "worker-4", movedFrom: "worker-2" } });
    await stack.up();
    const steps = done();
    const order = [
      /^create-Job cortex-knowledge\/elasticsearch-move-/,
      /^label-node server-1$/,
      /^create-Job cortex-knowledge\/elasticsearch-ready-/,
    ].map((step) => steps.findIndex((each) => step.test(each)));
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(Math.min(...order)).toBeGreaterThanOrEqual(0);
    expect(steps).toContain("prepare-directory worker-4");
    // The data on the old node stays.
    expect(steps.filter((each) => /delete-(StatefulSet|Namespace|PersistentVolume)/.test(each))).toEqual([]);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    // The move order may be removed.
    await configure({ elasticsearch: { node: "worker-4" } });
    await stack.up();
  });
});

test("a new lab rejects a move order at preview, because it has no data to move", async () => {
  const { stack, simulator, close } = await openLab({
    extras: ["data"],
    policies: false,
    values: {
      data: JSON.stringify({
        elasticsearch: { node: "worker-2", movedFrom: "worker-3" },
        neo4j: { node: "worker-3" },
      }),
    },
  });
  try {
    expect(await messageOf(stack.preview())).toContain("orders a move from worker-3");
    expect(simulator.journal.events).toEqual([]);
  } finally {
    await close();
  }
});
