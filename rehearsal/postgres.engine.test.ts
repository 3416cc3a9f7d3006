import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storePath } from "../components/postgres/objectStore.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { messageOf, type OpenedLab, openLab } from "./openLab.ts";
import { OffSite } from "./simulator/offSite.ts";

describe("a homelab that is rebuilt with its databases", () => {
  let opened: OpenedLab;
  const order = { from: "daily-20261120012300", generation: 1 };
  const events = (what: string, subject: RegExp) =>
    opened.simulator.journal.of(what).filter((event) => subject.test(event.subject));

  beforeAll(async () => {
    const lab = readLab("homelab", readStackFile("test/reference.yaml"));
    const { backup } = lab.config;
    const offSite = new OffSite();
    offSite.keep(storePath(lab, "authentik", 1), "authentik/authentik-db", "people");
    opened = await openLab({
      offSite,
      values: { backup: { ...backup, generation: 2 }, restore: order },
      policies: false,
    });
    await opened.stack.up();
  });
  afterAll(async () => await opened?.close());

  test.each<[string, readonly [string, RegExp], readonly [string, RegExp]]>([
    [
      "installs the operator before its plugin (G3)",
      ["release", /^cnpg$/],
      ["release", /^plugin-barman-cloud$/],
    ],
    [
      "installs cert-manager before the plugin whose certificates it signs",
      ["create-ClusterIssuer", /./],
      ["release", /^plugin-barman-cloud$/],
    ],
    [
      "runs the restore gate before it creates the database (B6)",
      ["verify-restorable", /./],
      ["create-Cluster", /authentik-db$/],
    ],
    [
      "creates both object stores before the database, its own and that of the earlier generation",
      ["create-ObjectStore", /authentik-db-(backup|generation-1)$/],
      ["create-Cluster", /authentik-db$/],
    ],
    [
      "waits for the database before its first backup",
      ["create-Cluster", /authentik-db$/],
      ["create-ScheduledBackup", /authentik-db-generation-2$/],
    ],
    [
      "restores the database before Authentik",
      ["create-Cluster", /authentik-db$/],
      ["release", /^authentik$/],
    ],
  ])("%s", (_, first, then) => {
    const [before, after] = [events(...first), events(...then)];
    expect(Math.min(before.length, after.length)).toBeGreaterThan(0);
    expect(Math.max(...before.map(({ ended }) => ended))).toBeLessThanOrEqual(
      Math.min(...after.map(({ began }) => began)),
    );
  });

  test("removing the restore order updates the database before it deletes the old store, and changes nothing else", async () => {
    const { stack } = opened;
    await stack.setConfig({ restore: JSON.stringify({ ...order, scope: ["nowhere"] }) });
    const { summary } = await stack.up();
    const { same, ...changes } = summary.resourceChanges ?? {};
    // The database and its component; the old store, the gate, and the step that restored the claims of monitoring.
    expect(changes).toEqual({ update: 2, delete: 3 });
    expect(same).toBeGreaterThan(200);
    expect(events("delete-ObjectStore", /./).map(({ subject }) => subject)).toEqual([
      "authentik/authentik-db-generation-1",
    ]);
  });

  test("rejects the same restore order while the database runs (B6)", async () => {
    const { stack, simulator } = opened;
    await stack.setConfig({ restore: JSON.stringify(order) });
    const message = await messageOf(stack.up());
    expect(message).toContain("verify-restorable: REFUSED (B6): authentik/authentik-db is live");
    expect(simulator.journal.of("delete-Cluster")).toEqual([]);
  });
});
