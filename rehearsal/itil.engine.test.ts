import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { itilServices } from "../catalog/itil.ts";
import { messageOf, type OpenedLab, openLab } from "./openLab.ts";

describe("the ITIL platform with every service enabled", () => {
  let opened: OpenedLab;
  beforeAll(async () => {
    opened = await openLab({ file: "test/fixtures/valid/itil.yaml", policies: false });
    await opened.stack.up();
  });
  afterAll(async () => await opened.close());

  const events = (what: string, subject: RegExp) =>
    opened.simulator.journal.of(what).filter((event) => subject.test(event.subject));
  /** The platform's section with a change of one service. */
  const changed = (service: string, change: object) => {
    const itil = opened.source.values.itil as { services: Record<string, object> };
    const services = { ...itil.services, [service]: { ...itil.services[service], ...change } };
    return { itil: JSON.stringify({ ...itil, services }) };
  };

  test("creates the pods of every service", () =>
    expect(events("create-Deployment", /^cortex-/).map(({ subject }) => subject.split("/")[1])).toEqual(
      expect.arrayContaining(itilServices.map(({ name }) => name)),
    ));

  test.each<[string, readonly [string, RegExp], readonly [string, RegExp]]>([
    [
      "waits for MongoDB before it creates its clients",
      ["create-Job", /\/mongodb-ready/],
      ["create-Deployment", /\/(change-management|fulfillment-engine|sla-predictor)$/],
    ],
    [
      "waits for a service's own PostgreSQL before it creates the service",
      ["create-Cluster", /\/kedb$/],
      ["create-Deployment", /\/kedb$/],
    ],
    [
      "creates a service's network policies before its pods",
      ["create-CiliumNetworkPolicy", /\/kedb-to-postgres$/],
      ["create-Deployment", /\/kedb$/],
    ],
    [
      "waits for a service before it creates its proxy",
      ["create-Service", /\/kedb$/],
      ["release", /^oauth2-proxy-kedb$/],
    ],
    [
      "visits every service with a route at the end, without a login (A4)",
      ["create-HTTPRoute", /^login\//],
      ["create-Job", /^login\/login-gate-itil/],
    ],
  ])("%s", (_, first, then) => {
    const [before, after] = [events(...first), events(...then)];
    expect(Math.min(before.length, after.length)).toBeGreaterThan(0);
    expect(Math.max(...before.map(({ ended }) => ended))).toBeLessThanOrEqual(
      Math.min(...after.map(({ began }) => began)),
    );
  });

  test("changes one service only for another image", async () => {
    await opened.stack.setConfig(changed("kedb", { image: "kedb:1.5.0" }));
    const { summary } = await opened.stack.up();
    const { same, ...changes } = summary.resourceChanges ?? {};
    // The Deployment, and the component that contains it.
    expect(changes).toEqual({ update: 2 });
    expect(same).toBeGreaterThan(500);
  });

  test("rejects at preview an image without a version (I2)", async () => {
    await opened.stack.setConfig(changed("kedb", { image: "kedb:latest" }));
    expect(await messageOf(opened.stack.preview())).toContain(
      'lab:itil.services.kedb.image = "kedb:latest": is not an image with its version (I2)',
    );
  });

  test("rejects at preview a pod that fits on no node, with the numbers (C4)", async () => {
    await opened.stack.setConfig(changed("kedb", { memoryMiB: 30_000 }));
    expect(await messageOf(opened.stack.preview())).toContain(
      "fits on no node: at most 18022 MiB are available to pods on one node, with 12 % reserved for the system (C4)",
    );
  });
});
