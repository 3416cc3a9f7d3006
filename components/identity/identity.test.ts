import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import * as runtime from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Lab } from "../../config/lab.ts";
import type { Cluster } from "../k3s/cluster.ts";
import type { Network } from "../network/network.ts";
import type { PostgresOperator } from "../postgres/operator.ts";
import type { Storage } from "../storage/storage.ts";
import { refusedCookieSecret } from "./cookieSecret.ts";
import { Identity } from "./identity.ts";
import type { IdentitySettings } from "./identitySettings.ts";

interface Made {
  readonly id: string;
  readonly type: string;
  readonly provider: string;
  /** As the provider gets them: secrets in clear. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What a provider answers that makes randomness: other for each resource, and the same every time. */
const random = (name: string, { length = 40 }: Readonly<Record<string, number>>) => ({
  result: `madefor${name.replaceAll("-", "")}`.padEnd(length, "x").slice(0, length),
  privateKeyPem: `key-of-${name}`,
  certPem: `certificate-of-${name}`,
});

/** Out of the wrappers in which secrets go over the wire. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (runtime.isRpcSecret(value)) return unwrapped(runtime.unwrapRpcSecret(value));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrapped(item)]));
}

const settings: IdentitySettings = { groups: ["family"], users: {}, secondFactor: false, services: {} };

/** Everything that the layer makes in a lab with some settings, by what it is. */
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
          lab,
          settings: { ...settings, ...changes },
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
            lab,
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

describe("the login", () => {
  let lab: ReadonlyMap<string, Made>;
  const secret = (name: string) =>
    secretsOf(lab.get(`kubernetes:core/v1:Secret::${name}`) ?? expect.fail(`there is no secret ${name}`));
  /** What is made, unmade, or made otherwise with other settings, in order of its name. */
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
    "of %s has one client secret at both ends, and a cookie secret that fits",
    (name) => {
      const own = secret(`oauth2-proxy-${name}`);
      const { entries } = parse(secret(`blueprint-${name}`)[`${name}.yaml`] ?? "", {
        logLevel: "silent",
      }) as {
        entries: { attrs: Record<string, unknown> }[];
      };
      expect(entries[0]?.attrs).toMatchObject({
        client_id: own["client-id"],
        client_secret: own["client-secret"],
      });
      expect(own["client-secret"]).toMatch(/^[\w-]{43}$/);
      expect(refusedCookieSecret(own["cookie-secret"] ?? "")).toBeUndefined();
    },
  );

  test("of one service has other secrets than that of another", () => {
    const all = ["longhorn", "hubble"].flatMap((name) => {
      const own = secret(`oauth2-proxy-${name}`);
      return [own["client-secret"], own["cookie-secret"]];
    });
    expect(new Set(all).size).toBe(4);
  });

  test("keeps every secret in Secrets, and nowhere else (C5)", () => {
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

  test("is made in the lab's own cluster, object by object", () => {
    const strays = [...lab.values()].filter(
      ({ type, provider }) => type.startsWith("kubernetes:") && !provider.includes("::cluster::"),
    );
    expect(strays.map(({ id }) => id)).toEqual([]);
  });

  test("touches one service when that service's client secret is changed", async () => {
    const changed = await touched({ services: { longhorn: { rotation: 2 } } });
    expect(changed).toEqual([
      "Job::blueprint-longhorn",
      "Release::oauth2-proxy-longhorn",
      "Secret::blueprint-longhorn",
      "Secret::oauth2-proxy-longhorn",
    ]);
  });

  test("touches one service when others may enter it", async () => {
    const changed = await touched({ services: { hubble: { groups: ["admins", "family"] } } });
    expect(changed).toEqual([
      "Job::blueprint-hubble",
      "Release::oauth2-proxy-hubble",
      "Secret::blueprint-hubble",
    ]);
  });

  test.each<[string, Partial<IdentitySettings>]>([
    ["somebody joins", { users: { ada: { email: "ada@example.org", groups: ["admins"] } } }],
    ["there is a new group", { groups: ["family", "guests"] }],
    ["a second factor is asked for", { secondFactor: true }],
  ])("touches the lab's own blueprint alone when %s", async (_, changes) =>
    expect(await touched(changes)).toEqual(["Job::blueprint-lab", "Secret::blueprint-lab"]),
  );

  test.each<[string, Partial<IdentitySettings>, string]>([
    [
      "a group that does not exist",
      { services: { hubble: { groups: ["friends"] } } },
      'lab:identity.services.hubble.groups = "friends": is no group of this lab (A5)',
    ],
    [
      "a service that does not exist",
      { services: { hubbel: { rotation: 2 } } },
      "lab:identity.services.hubbel: is of no service (A5)",
    ],
    [
      "nobody",
      { services: { hubble: { groups: [] } } },
      "lab:identity.services.hubble.groups: is empty, and nobody could enter (A4)",
    ],
    [
      "somebody in a group that does not exist",
      { users: { ada: { email: "ada@example.org", groups: ["friends"] } } },
      "refers to group-friends",
    ],
  ])("refuses %s", async (_, changes, message) => {
    await expect(make(changes)).rejects.toThrow(message);
  });
});
