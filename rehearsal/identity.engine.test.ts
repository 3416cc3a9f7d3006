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
    ["installs the operator before the database", ["release", /^cnpg$/], ["create-Cluster", /authentik-db$/]],
    [
      "runs the storage canary before it creates the database (S11)",
      ["verify-storage", /./],
      ["create-Cluster", /authentik-db$/],
    ],
    [
      "creates the database before Authentik",
      ["create-Cluster", /authentik-db$/],
      ["release", /^authentik$/],
    ],
    [
      "installs Authentik before it applies the blueprint",
      ["release", /^authentik$/],
      ["create-Job", /^authentik\/blueprint-lab/],
    ],
    [
      "applies the lab's blueprint before the blueprints of services",
      ["create-Job", /^authentik\/blueprint-lab/],
      ["create-Job", /^authentik\/blueprint-hubble/],
    ],
    [
      "applies a service's blueprint before it installs the proxy",
      ["create-Job", /^authentik\/blueprint-hubble/],
      ["release", /^oauth2-proxy-hubble$/],
    ],
    [
      "installs a proxy before it creates the route to it",
      ["release", /^oauth2-proxy-longhorn$/],
      ["create-HTTPRoute", /^login\/route-longhorn$/],
    ],
    [
      "requests every service without a login after all routes exist (A4)",
      ["create-HTTPRoute", /^(login|authentik|monitoring)\//],
      ["create-Job", /^login\/login-gate/],
    ],
    [
      "installs the definitions of alerts before the first alert",
      ["release", /^prometheus-operator-crds$/],
      ["create-PrometheusRule", /./],
    ],
    [
      "runs the storage canary before Prometheus claims a volume (S11)",
      ["verify-storage", /./],
      ["release", /^kube-prometheus-stack$/],
    ],
    [
      "creates Grafana's client in Authentik before the route to Grafana",
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

  test("changes one service only for another client secret", async () => {
    const { stack, simulator } = opened;
    await stack.setConfig(identity({ services: { longhorn: { rotation: 2 } } }));
    const before = simulator.journal.events.length;
    const { summary } = await stack.up({ onOutput });
    const { same, ...changes } = summary.resourceChanges ?? {};
    // Two secrets, a job and a release, and the three components that contain them.
    expect(Object.values(changes).reduce((sum, count) => sum + count, 0)).toBe(7);
    for (const { what, subject } of simulator.journal.events.slice(before))
      expect(`${what} ${subject}`).toMatch(/longhorn/);
    expect(same).toBeGreaterThan(200);
  });

  test("rejects at preview a group that does not exist (A5)", async () => {
    await opened.stack.setConfig(identity({ services: { hubble: { groups: ["famly"] } } }));
    const message = await messageOf(opened.stack.preview());
    expect(message).toContain(
      'lab:identity.services.hubble.groups[0] = "famly": is not a group of this lab (A5)',
    );
    await opened.stack.setConfig(identity({}));
  });

  test("writes no generated password to state or output (C5)", () => {
    const text = `${output}\n${opened.stack.stateText()}`;
    expect(generated).toHaveLength(2);
    for (const secret of generated) {
      expect(secret.length).toBeGreaterThan(20);
      expect(text.includes(secret)).toBe(false);
    }
  });
});
