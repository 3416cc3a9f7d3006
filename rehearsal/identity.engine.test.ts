import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messageOf, type OpenedLab, openLab } from "./openLab.ts";

describe("the login of the homelab", () => {
  let opened: OpenedLab;
  let output = "";
  const onOutput = (text: string) => {
    output += text;
  };
  const generated: string[] = [];
  const users = { ada: { email: "ada@example.org", groups: ["admins"] } };
  const identity = (more: object) => ({ identity: JSON.stringify({ users, ...more }) });

  beforeAll(async () => {
    opened = await openLab({ values: { identity: { users } }, policies: false });
    const { outputs } = await opened.stack.up({ onOutput });
    generated.push(
      outputs.adminPassword?.value,
      ...(Object.values(outputs.firstPasswords?.value ?? {}) as string[]),
    );
  });
  afterAll(async () => await opened.close());

  const events = (what: string, subject: RegExp) =>
    opened.simulator.journal.of(what).filter((event) => subject.test(event.subject));

  test.each<[string, readonly [string, RegExp], readonly [string, RegExp]]>([
    ["the operator comes before the database", ["release", /^cnpg$/], ["create-Cluster", /authentik-db$/]],
    [
      "storage has proven itself before the database (S11)",
      ["verify-storage", /./],
      ["create-Cluster", /authentik-db$/],
    ],
    ["the database comes before Authentik", ["create-Cluster", /authentik-db$/], ["release", /^authentik$/]],
    [
      "Authentik comes before its blueprint",
      ["release", /^authentik$/],
      ["create-Job", /^authentik\/blueprint-lab/],
    ],
    [
      "the lab's blueprint comes before those of services",
      ["create-Job", /^authentik\/blueprint-lab/],
      ["create-Job", /^authentik\/blueprint-hubble/],
    ],
    [
      "a service is known to Authentik before its proxy starts",
      ["create-Job", /^authentik\/blueprint-hubble/],
      ["release", /^oauth2-proxy-hubble$/],
    ],
    [
      "a proxy serves before a route leads to it",
      ["release", /^oauth2-proxy-longhorn$/],
      ["create-HTTPRoute", /^login\/route-longhorn$/],
    ],
    [
      "every service is visited as a stranger at the end (A4)",
      ["create-HTTPRoute", /^(login|authentik|monitoring)\//],
      ["create-Job", /^login\/login-gate/],
    ],
    [
      "what alerts and targets are, is defined before the first of them",
      ["release", /^prometheus-operator-crds$/],
      ["create-PrometheusRule", /./],
    ],
    [
      "storage has proven itself before Prometheus asks for a volume (S11)",
      ["verify-storage", /./],
      ["release", /^kube-prometheus-stack$/],
    ],
    [
      "Grafana's client is known to Authentik before a route leads to Grafana",
      ["create-Job", /^authentik\/blueprint-grafana/],
      ["create-HTTPRoute", /^monitoring\/route-grafana$/],
    ],
  ])("%s", (_, first, then) => {
    const [before, after] = [events(...first), events(...then)];
    expect(Math.min(before.length, after.length)).toBeGreaterThan(0);
    expect(Math.max(...before.map(({ ended }) => ended))).toBeLessThanOrEqual(
      Math.min(...after.map(({ began }) => began)),
    );
  });

  test("a changed client secret touches that one service", async () => {
    const { stack, simulator } = opened;
    await stack.setConfig(identity({ services: { longhorn: { rotation: 2 } } }));
    const before = simulator.journal.events.length;
    const { summary } = await stack.up({ onOutput });
    const { same, ...changes } = summary.resourceChanges ?? {};
    // Two secrets, a job and a release, and the three components that hold them.
    expect(Object.values(changes).reduce((sum, count) => sum + count, 0)).toBe(7);
    for (const { what, subject } of simulator.journal.events.slice(before))
      expect(`${what} ${subject}`).toMatch(/longhorn/);
    expect(same).toBeGreaterThan(200);
  });

  test("a group that does not exist is refused at preview (A5)", async () => {
    await opened.stack.setConfig(identity({ services: { hubble: { groups: ["famly"] } } }));
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain(
      'lab:identity.services.hubble.groups[0] = "famly": is not a group of this lab (A5)',
    );
    await opened.stack.setConfig(identity({}));
  });

  test("no generated password is in the state or in the output (C5)", () => {
    const text = `${output}\n${opened.stack.stateText()}`;
    expect(generated).toHaveLength(2);
    for (const secret of generated) {
      expect(secret.length).toBeGreaterThan(20);
      expect(text.includes(secret)).toBe(false);
    }
  });
});
