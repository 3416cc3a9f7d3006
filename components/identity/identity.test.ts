import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import * as runtime from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import type { Network } from "../network/network.ts";
import { type PostgresOperator, postgresOperatorArgs } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import { cookieSecretError } from "./cookieSecret.ts";
import { Identity } from "./identity.ts";
import type { IdentitySettings } from "./identitySettings.ts";

interface Made {
  readonly id: string;
  readonly type: string;
  readonly provider: string;
  /** As the provider gets them: secrets in clear. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Outputs of the providers random and tls: different for each resource, and the same in each run. */
const random = (name: string, { length = 40 }: Readonly<Record<string, number>>) => ({
  result: `madefor${name.replaceAll("-", "")}`.padEnd(length, "x").slice(0, length),
  privateKeyPem: `key-of-${name}`,
  certPem: `certificate-of-${name}`,
});

/** Removes the wrappers of secrets on the wire. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (runtime.isRpcSecret(value)) return unwrapped(runtime.unwrapRpcSecret(value));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrapped(item)]));
}

const settings: IdentitySettings = { groups: ["family"], users: {}, secondFactor: false, services: {} };

/** Runs the component with some settings, and returns its resources by type and name. */
async function make(changes: Partial<IdentitySettings> = {}): Promise<ReadonlyMap<string, Made>> {
  const made = new Map<string, Made>();
  let refused: unknown;
  await runtime.setMocks({
    call: ({ inputs }) => inputs,
    newResource: ({ type, name, inputs, provider = "" }) => {
      const id = `${type}::${name}`;
      made.set(id, { id, type, provider, inputs: unwrapped(inputs) as Made["inputs"] });
      return { id: name, state: { ...inputs, ...(/^(random|tls):/.test(type) ? random(name, inputs) : {}) } };
    },
  });
  await runtime.runInPulumiStack(async () => {
    const provider = new kubernetes.Provider("cluster", { kubeconfig: "none" });
    const gate = new kubernetes.core.v1.ConfigMap("gate", {}, { provider });
    try {
      const lab = {
        stack: "homelab",
        isProtected: true,
        config: {
          cluster: { ingressAddress: "10.88.145.199" },
          backup: { bucket: "lab-backup", endpoint: "https://s3.example.org", region: "eu-1", generation: 1 },
        },
      } as unknown as Lab;
      new Identity(
        "identity",
        {
          plan: {
            settings: { ...settings, ...changes },
            protect: true,
            ingressAddress: "10.88.145.199",
            laterProxies: 0,
          },
          cluster: { provider } as unknown as Cluster,
          network: {
            ready: gate,
            gateway: {
              domain: "lab.home.arpa",
              class: { proxyPeer: { entities: ["ingress"] }, ports: { http: 80, https: 443 } },
              namespace: "gateway",
              ready: gate,
            },
          } as unknown as Network,
          storage: { canary: gate } as unknown as Storage,
          postgres: {
            ...postgresOperatorArgs(lab),
            provider,
            ready: gate,
            backupKeyId: pulumi.secret("planted-key-id"),
            backupKey: pulumi.secret("planted-backup-key"),
          } as unknown as PostgresOperator,
        },
        {},
      );
    } catch (error) {
      refused = error;
    }
    return undefined;
  });
  await runtime.disconnect();
  if (refused !== undefined) throw refused;
  return made;
}

const secretsOf = ({ inputs }: Made) => inputs.stringData as Readonly<Record<string, string>>;

describe("Identity", () => {
  let lab: ReadonlyMap<string, Made>;
  const secret = (name: string) =>
    secretsOf(lab.get(`kubernetes:core/v1:Secret::${name}`) ?? expect.fail(`no secret ${name}`));
  /** The resources that other settings create, delete or change, sorted by name. */
  const touched = async (changes: Partial<IdentitySettings>) => {
    const other = await make(changes);
    return [...new Set([...lab.keys(), ...other.keys()])]
      .filter((id) => JSON.stringify(lab.get(id)?.inputs) !== JSON.stringify(other.get(id)?.inputs))
      .filter((id) => !id.startsWith("lab:"))
      .map((id) => id.replace(/^kubernetes:[^:]*:/, ""))
      .toSorted();
  };

  beforeAll(async () => {
    lab = await make();
  });

  test.each(["longhorn", "hubble"])(
    "gives %s one client secret in Authentik and in its proxy, and a valid cookie secret",
    (name) => {
      const own = secret(`identity-${name}-proxy-secret`);
      const { entries } = parse(secret(`identity-${name}-client-blueprint-file`)[`${name}.yaml`] ?? "", {
        logLevel: "silent",
      }) as {
        entries: { attrs: Record<string, unknown> }[];
      };
      expect(entries[0]?.attrs).toMatchObject({
        client_id: own["client-id"],
        client_secret: own["client-secret"],
      });
      expect(own["client-secret"]).toMatch(/^[\w-]{43}$/);
      expect(cookieSecretError(own["cookie-secret"] ?? "")).toBeUndefined();
    },
  );

  test("gives each service secrets of its own", () => {
    const all = ["longhorn", "hubble"].flatMap((name) => {
      const own = secret(`identity-${name}-proxy-secret`);
      return [own["client-secret"], own["cookie-secret"]];
    });
    expect(new Set(all).size).toBe(4);
  });

  test("stores secrets in Secrets only (C5)", () => {
    const inSecrets = [...lab.values()]
      .filter(({ type }) => type === "kubernetes:core/v1:Secret")
      .flatMap((each) => Object.entries(secretsOf(each)))
      .filter(([key]) => /secret$|SECRET|PASSWORD|^password$|KEY/.test(key));
    expect(inSecrets.length).toBeGreaterThan(6);
    const elsewhere = [...lab.values()]
      .filter(({ type }) => type.startsWith("kubernetes:") && type !== "kubernetes:core/v1:Secret")
      .map(({ inputs }) => JSON.stringify(inputs))
      .join();
    expect(inSecrets.filter(([, value]) => elsewhere.includes(value)).map(([key]) => key)).toEqual([]);
  });

  test("creates every object with the provider of the cluster", () => {
    const others = [...lab.values()].filter(
      ({ type, provider }) => type.startsWith("kubernetes:") && !provider.includes("::cluster::"),
    );
    expect(others.map(({ id }) => id)).toEqual([]);
  });

  test("changes one service when its client secret is rotated", async () => {
    const changed = await touched({ services: { longhorn: { rotation: 2 } } });
    expect(changed).toEqual([
      "Job::identity-longhorn-client-blueprint",
      "Release::identity-longhorn-proxy",
      "Secret::identity-longhorn-client-blueprint-file",
      "Secret::identity-longhorn-proxy-secret",
    ]);
  });

  test("changes one service when its groups change", async () => {
    const changed = await touched({ services: { hubble: { groups: ["admins", "family"] } } });
    expect(changed).toEqual([
      "Job::identity-hubble-client-blueprint",
      "Release::identity-hubble-proxy",
      "Secret::identity-hubble-client-blueprint-file",
    ]);
  });

  test.each<[string, Partial<IdentitySettings>]>([
    ["a user is added", { users: { ada: { email: "ada@example.org", groups: ["admins"] } } }],
    ["a group is added", { groups: ["family", "guests"] }],
    ["a second factor is required", { secondFactor: true }],
  ])("changes the lab's blueprint only when %s", async (_, changes) =>
    expect(await touched(changes)).toEqual([
      "Job::identity-authentik-blueprint",
      "Secret::identity-authentik-blueprint-file",
    ]),
  );

  test.each<[string, Partial<IdentitySettings>, string]>([
    [
      "a group that does not exist (A5)",
      { services: { hubble: { groups: ["friends"] } } },
      'lab:identity.services.hubble.groups = "friends": is not a group of this lab (A5)',
    ],
    [
      "settings of an unknown service (A5)",
      { services: { hubbel: { rotation: 2 } } },
      "lab:identity.services.hubbel: is not a service (A5)",
    ],
    [
      "an empty list of groups (A4)",
      { services: { hubble: { groups: [] } } },
      "lab:identity.services.hubble.groups: is empty, so no user has access (A4)",
    ],
    [
      "a user in a group that does not exist",
      { users: { ada: { email: "ada@example.org", groups: ["friends"] } } },
      "refers to group-friends",
    ],
  ])("rejects %s", async (_, changes, message) => {
    await expect(make(changes)).rejects.toThrow(message);
  });
});
