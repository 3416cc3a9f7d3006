import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { ApiServer, whyNoApiServer } from "../../../guest/testing/apiServer/apiServer.ts";
import { findDefinitions, orFailInCi } from "../../../test/upstream.ts";

/** Why the real API server cannot serve every kind on this machine, or undefined where it can. */
export async function whyNoCluster(): Promise<string | undefined> {
  const definitions = orFailInCi(await findDefinitions());
  return "missing" in definitions ? definitions.missing : whyNoApiServer();
}

interface Found {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
  };
}

/**
 * The real API server with the definitions of all custom resources, and without controllers. One of them is
 * simulated: finalizers of deleted objects are removed, as the garbage collector and the namespace controller do.
 */
export class RealCluster {
  readonly api: ApiServer;
  /** The list URLs of every kind. */
  readonly #lists = new Set<string>();
  #isStopped = false;
  #collecting: Promise<void> = Promise.resolve();

  private constructor(api: ApiServer) {
    this.api = api;
  }

  static async start(): Promise<RealCluster> {
    const cluster = new RealCluster(await ApiServer.start());
    try {
      await cluster.#define();
      await cluster.#discover();
      cluster.#collecting = cluster.#collect();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#collecting;
    await this.api.stop();
  }

  async createNamespaces(names: Iterable<string>): Promise<void> {
    for (const name of names) {
      await this.api.call("POST", "/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name },
      });
      // A controller creates it, and pods need it.
      await this.api.call("POST", `/api/v1/namespaces/${name}/serviceaccounts`, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "default" },
      });
    }
  }

  /** Objects that K3s creates and the program patches. */
  async createShipped(): Promise<void> {
    const name = "coredns";
    await this.create("/apis/apps/v1/namespaces/kube-system/deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name, image: "registry.example/main:1.0.0" }] },
        },
      },
    });
    await this.create("/apis/storage.k8s.io/v1/storageclasses", {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "local-path" },
      provisioner: "driver.example",
    });
  }

  /**
   * @throws Error where the API server rejects it
   */
  async create(list: string, object: object): Promise<void> {
    const { status, body } = await this.api.call("POST", list, object);
    if (status >= 300) throw new Error(`${list}: ${JSON.stringify(body)}`);
  }

  async #define(): Promise<void> {
    const found = await findDefinitions();
    if ("missing" in found) throw new Error(found.missing);
    const files = readdirSync(found.folder, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".yaml"),
    );
    for (const file of files) {
      const definition = parse(readFileSync(`${found.folder}/${file}`, "utf8")) as {
        metadata: { name: string };
      };
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
      const { status, body } = await this.api.call(
        "PATCH",
        `${path}?fieldManager=test&force=true`,
        definition,
      );
      if (status >= 300) throw new Error(`${file}: ${JSON.stringify(body)}`);
    }
    const until = Date.now() + 120_000;
    for (const file of files) {
      const { spec } = parse(readFileSync(`${found.folder}/${file}`, "utf8")) as {
        spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] };
      };
      const served = spec.versions.find((version) => version.served);
      if (served === undefined) continue;
      while (
        (await this.api.call("GET", `/apis/${spec.group}/${served.name}/${spec.names.plural}`)).status !== 200
      ) {
        if (Date.now() > until) throw new Error(`${file} is not served after 120 s`);
        await pause(100);
      }
    }
  }

  async #discover(): Promise<void> {
    const groups = (await this.api.call("GET", "/apis")).body as {
      groups: { versions: { groupVersion: string }[] }[];
    };
    // Some kinds are not served in the preferred version of their group.
    const versions = groups.groups.flatMap((group) => group.versions);
    const roots = ["/api/v1", ...versions.map(({ groupVersion }) => `/apis/${groupVersion}`)];
    for (const root of roots) {
      const { resources } = (await this.api.call("GET", root)).body as {
        resources: { name: string; verbs: string[] }[];
      };
      for (const { name, verbs } of resources)
        if (verbs.includes("list") && verbs.includes("patch") && !name.includes("/"))
          this.#lists.add(`${root}/${name}`);
    }
  }

  async #collect(): Promise<void> {
    while (!this.#isStopped) {
      await Promise.all([...this.#lists].map((list) => this.#finish(list)));
      await pause(500);
    }
  }

  async #finish(list: string): Promise<void> {
    const { body } = await this.api.call("GET", list).catch(() => ({ body: {} }));
    for (const { metadata } of (body as { items?: Found[] }).items ?? []) {
      if (metadata.deletionTimestamp === undefined) continue;
      const { name, namespace } = metadata;
      const [, root, plural] = /^(.*)\/([^/]+)$/.exec(list) ?? [];
      if (plural === "namespaces") {
        await this.api.call("PUT", `${list}/${name}/finalize`, {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name },
          spec: { finalizers: [] },
        });
        continue;
      }
      const path =
        namespace === undefined ? `${list}/${name}` : `${root}/namespaces/${namespace}/${plural}/${name}`;
      await this.api.call("PATCH", path, { metadata: { finalizers: null } }, "application/merge-patch+json");
    }
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
