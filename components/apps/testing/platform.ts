import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import type { Lab } from "../../../config/lab.ts";
import { readLab } from "../../../config/read.ts";
import { readStackFile } from "../../../config/source.ts";
import { type RecordedResource, recordProgram } from "../../../plan/record.ts";
import type { Database, DataServices } from "../../data/database.ts";
import { ItilNamespaces } from "../../data/itilNamespaces.ts";
import { Identity } from "../../identity/identity.ts";
import type { Cluster } from "../../k3s/cluster.ts";
import type { Network } from "../../network/network.ts";
import type { PostgresOperator } from "../../postgres/operator.ts";
import type { Storage } from "../../storage/storage.ts";
import { Itil } from "../itil.ts";

const homelab = readLab("homelab", readStackFile("test/reference.yaml"));
type Section = NonNullable<Lab["config"]["itil"]>;

/** The homelab, with some services on. */
export function labWith(names: readonly string[], change: Section["services"] = {}): Lab {
  const services = Object.fromEntries(
    names.map((name) => [name, { image: `${name}:1.4.2`, ...change[name] }]),
  );
  const itil = { registry: "registry.lab.example.net/itil", groups: ["admins"], services };
  return { ...homelab, config: { ...homelab.config, itil } };
}

/** A database of the right shape, of which only its readiness is there. Its password is planted, to be searched for. */
function database(name: string, port: number, provider: kubernetes.Provider, password: string): Database {
  return {
    host: `${name}.data.svc.cluster.local`,
    port,
    namespace: "data",
    pods: { app: name },
    login:
      name === "elasticsearch"
        ? undefined
        : { user: "services", password: pulumi.secret(`planted-${password}`), database: "state" },
    ready: new kubernetes.core.v1.ConfigMap(`${name}-ready`, {}, { provider }),
  };
}

/** Everything that the layer makes of a lab, with the login and the namespaces; `passwords` differ from their defaults. */
export async function make(
  lab: Lab,
  passwords: Readonly<Record<string, string>> = {},
): Promise<readonly RecordedResource[]> {
  let refused: unknown;
  const resources = await recordProgram({ stack: "homelab", config: {}, secretKeys: [] }, async () => {
    const provider = new kubernetes.Provider("cluster", { kubeconfig: "none" });
    const gate = new kubernetes.core.v1.ConfigMap("gate", {}, { provider });
    const cluster = { provider } as Cluster;
    const network = {
      ready: gate,
      gateway: {
        domain: "lab.example.net",
        class: { sender: { gateway: true }, ports: { http: 80, https: 443 } },
        namespace: "gateway",
        programmed: gate,
      },
    } as unknown as Network;
    const of = (name: string, port: number) =>
      database(name, port, provider, passwords[name] ?? `password-of-${name}`);
    const stores: DataServices = {
      elasticsearch: of("elasticsearch", 9200),
      mongodb: of("mongodb", 27017),
      neo4j: of("neo4j", 7687),
      postgres: new Map(
        ["incident-swarming", "intelligent-alerting", "kedb"].map((name) => [name, of(`${name}-db`, 5432)]),
      ),
    };
    try {
      const storage = { canary: gate } as unknown as Storage;
      const settings = lab.config.identity;
      const postgres = {
        lab,
        provider,
        ready: gate,
        backupKeyId: pulumi.secret("key-id"),
        backupKey: pulumi.secret("key"),
      } as unknown as PostgresOperator;
      const identity = new Identity("identity", { lab, settings, cluster, network, storage, postgres }, {});
      const namespaces = new ItilNamespaces("namespaces", { lab, provider, after: [] }, {});
      new Itil("itil", { lab, cluster, network, identity, stores, namespaces }, {});
    } catch (error) {
      refused = error;
    }
  });
  if (refused !== undefined) throw refused;
  return resources;
}

/** The layer and all below it; a resource comes after what it is part of. */
export function apps(resources: readonly RecordedResource[]): RecordedResource[] {
  const inside = new Set<string>();
  return resources.filter(({ urn, type, parent }) => {
    const own = type === "lab:apps:Itil" || (parent !== null && inside.has(parent));
    if (own) inside.add(urn);
    return own;
  });
}
