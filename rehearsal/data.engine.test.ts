// What becomes of the databases when something changes: on the real engine, in a simulator that is a model.
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
  /** What was done since it was last asked. */
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
      "AVX was found on every worker before MongoDB (D4)",
      ["verify-cpu", /worker/],
      ["create-StatefulSet", /mongodb/],
    ],
    [
      "the directory is there before Elasticsearch (D1)",
      ["prepare-directory", /worker02/],
      ["create-StatefulSet", /elasticsearch/],
    ],
    [
      "the volume of MongoDB waits for the canary (S11)",
      ["verify-storage", /./],
      ["create-PersistentVolumeClaim", /mongodb/],
    ],
    [
      "Elasticsearch is green before anything is kept of it",
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

  test("a move without a word is refused at preview, and so is a release that goes down", async () => {
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

  test("a worker that is lost takes its own database along, and no other; Elasticsearch is told to come back", async () => {
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
    // What has its data elsewhere is not even looked at.
    expect(steps.filter((each) => /mongodb|neo4j|StatefulSet|PersistentVolumeClaim/.test(each))).toEqual([]);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    done();
  });

  test("a move takes its data along: a snapshot where it was, then the directory and the label, then what comes back", async () => {
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
    // Nothing is taken away where it was.
    expect(steps.filter((each) => /delete-(StatefulSet|Namespace|PersistentVolume)/.test(each))).toEqual([]);
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
    // The order may be taken out.
    await configure({ elasticsearch: { node: "worker-4" } });
    await stack.up();
  });
});

test("a move in a lab that begins is refused at preview: there is nothing to move", async () => {
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
