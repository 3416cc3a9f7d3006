import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimsOf, OffSite } from "./dataCentre/offSite.ts";
import { extras, messageOf, type OpenedLab, openLab } from "./openLab.ts";

/** Everything that people have put into the homelab, by where it lies. */
const treasures: Readonly<Record<string, string>> = {
  [claimsOf("monitoring")]: "a month of measurements",
  [claimsOf("registry")]: "images of the lab's own services",
  "authentik/authentik-db": "people, and what they may enter",
  "cortex-itil/kedb": "known errors",
  "cortex-itil/incident-swarming": "incidents",
  "cortex-itil/intelligent-alerting": "alerts",
  mongodb: "changes and tickets",
  elasticsearch: "the knowledge index",
  neo4j: "the knowledge graph",
};

describe("a homelab whose data centre is lost, and its state with it (B6)", () => {
  const offSite = new OffSite();
  let rebuilt: OpenedLab;
  let before: ReadonlyMap<string, string>;
  const section = (life: number) => ({ ...rebuilt.lab.config.backup, life });
  const events = (what: string, subject = /./) =>
    rebuilt.dataCentre.journal.of(what).filter((event) => subject.test(event.subject));

  beforeAll(async () => {
    const lost = await openLab({ extras, offSite, policies: false });
    try {
      await lost.stack.up();
      for (const [place, content] of Object.entries(treasures)) lost.dataCentre.api.data.set(place, content);
      lost.dataCentre.api.backUp();
      before = offSite.all();
    } finally {
      await lost.close();
    }
    const { backup } = lost.lab.config;
    rebuilt = await openLab({
      extras,
      offSite,
      policies: false,
      values: { backup: { ...backup, life: 2 }, restore: { from: "latest", life: 1 } },
    });
    await rebuilt.stack.up();
  });
  afterAll(async () => await rebuilt?.close());

  test("has everything back", () =>
    expect(Object.fromEntries(rebuilt.dataCentre.api.data)).toEqual(treasures));

  test.each<[string, readonly [string, RegExp?], readonly [string, RegExp?]]>([
    ["definitions, then storage", ["apply-crds"], ["verify-storage"]],
    ["storage, then claims", ["verify-storage"], ["restore-claims"]],
    ["the bucket, then claims", ["verify-backup-store"], ["restore-claims"]],
    ["storage, then databases", ["verify-storage"], ["create-Cluster"]],
    ["claims, then monitoring", ["restore-claims"], ["release", /^kube-prometheus-stack$/]],
    ["the people, then the login", ["create-Cluster", /authentik-db$/], ["release", /^authentik$/]],
  ])("in order: %s", (_, first, then) => {
    const [earlier, later] = [events(...first), events(...then)];
    expect(Math.min(earlier.length, later.length)).toBeGreaterThan(0);
    expect(Math.max(...earlier.map(({ ended }) => ended))).toBeLessThanOrEqual(
      Math.min(...later.map(({ began }) => began)),
    );
  });

  test("is left alone by a second up", async () => {
    const { summary } = await rebuilt.stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  });

  test("backs up into a folder of its own, and leaves the one that it was made from as it was", () => {
    rebuilt.dataCentre.api.backUp();
    const after = offSite.all();
    expect(after.size).toBe(2 * before.size);
    for (const [place, content] of before) expect(after.get(place)).toBe(content);
  });

  test("is not written over by a further order, unless each namespace is named", async () => {
    const { stack, dataCentre } = rebuilt;
    dataCentre.api.data.set(claimsOf("monitoring"), "a month and a day of measurements");
    const order = { from: "latest", life: 2, scope: ["monitoring"] };
    await stack.setConfig({ backup: JSON.stringify(section(3)), restore: JSON.stringify(order) });
    expect(await messageOf(stack.up())).toContain("restore-claims: REFUSED (B6): monitoring is live");
    expect(dataCentre.api.data.get(claimsOf("monitoring"))).toBe("a month and a day of measurements");
    await stack.setConfig({ restore: JSON.stringify({ ...order, over: ["monitoring"] }) });
    await stack.up();
    expect(dataCentre.api.data.get(claimsOf("monitoring"))).toBe("a month of measurements");
  });
});
