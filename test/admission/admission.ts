import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Answer, ApiServer } from "../../guest/testing/apiServer/apiServer.ts";
import { type KubernetesObject, nameOf } from "./kubernetesObject.ts";
import { controlledObjects } from "./pods.ts";
import type { Capabilities } from "./render.ts";

/** An object that the API server rejects, or about which it warns. */
export interface Refusal {
  /** `Deployment registry/registry`; for a pod also the workload that creates it. */
  readonly object: string;
  readonly message: string;
}

/** Kinds that the API server reads to judge other objects. They are created; all other requests are dry runs. */
const askedFor = [
  "Namespace",
  "ResourceQuota",
  "LimitRange",
  "ServiceAccount",
  "PriorityClass",
  "RuntimeClass",
];

/**
 * Sends objects to the real API server by server-side apply with strict validation, as the provider does, and the
 * pods that controllers would create from them.
 */
export class Admission {
  readonly #api: ApiServer;
  readonly #kinds = new Map<string, { readonly plural: string; readonly namespaced: boolean }>();

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /**
   * Installs every definition in a folder of `GROUP/FILE.yaml`, and discovers the API server's own kinds.
   * @throws Error with the definitions that are rejected, or not served within a minute
   */
  async define(folder: string): Promise<void> {
    const definitions = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => parse(readFileSync(`${folder}/${file}`, "utf8")) as KubernetesObject);
    await this.#discover("apiextensions.k8s.io/v1");
    const refused = await Promise.all(
      definitions.map(async (each) => refusalOf(each, await this.#apply(each, false))),
    );
    if (refused.flat().length > 0) throw new Error(describe(refused.flat()));
    const until = Date.now() + 60_000;
    for (;;) {
      const missing = definitions
        .flatMap(servedKinds)
        .filter(({ version, kind }) => !this.#kinds.has(`${version}/${kind}`));
      if (missing.length === 0) return;
      if (Date.now() > until)
        throw new Error(
          `not served within 60 s: ${missing.map(({ version, kind }) => `${version} ${kind}`).join(", ")}`,
        );
      for (const version of new Set(missing.map((each) => each.version))) await this.#discover(version);
    }
  }

  /** Creates objects that exist before the program runs. @throws Error with the rejected objects */
  async make(objects: readonly KubernetesObject[]): Promise<void> {
    for (const version of new Set(objects.map(({ apiVersion }) => apiVersion))) await this.#discover(version);
    for (const object of objects) {
      const refused = refusalOf(object, await this.#apply(object, false, "k3s"));
      if (refused.length > 0) throw new Error(describe(refused));
    }
  }

  /**
   * The API server's verdict on the objects of one cluster and on their pods. Namespaces, quotas and limits are
   * created first.
   */
  async judge(objects: readonly KubernetesObject[]): Promise<Refusal[]> {
    for (const version of new Set(objects.map(({ apiVersion }) => apiVersion))) await this.#discover(version);
    const isMade = ({ kind }: KubernetesObject) => askedFor.includes(kind);
    const made = [];
    for (const kind of askedFor)
      made.push(
        ...(await Promise.all(
          objects.filter((each) => each.kind === kind).map(async (each) => await this.#make(each)),
        )),
      );
    const judged = await Promise.all(
      objects.filter((each) => !isMade(each)).map(async (each) => await this.#judge(each)),
    );
    return [...made, ...judged].flat();
  }

  async #make(object: KubernetesObject): Promise<Refusal[]> {
    const answer = await this.#apply(object, false);
    if (answer.status >= 300) return refusalOf(object, answer);
    if (object.kind === "Namespace")
      // A controller creates the account of pods that name none.
      await this.#apply(
        {
          apiVersion: "v1",
          kind: "ServiceAccount",
          metadata: { name: "default", namespace: object.metadata.name },
        },
        false,
      );
    if (object.kind === "ResourceQuota") {
      // A controller counts usage, and the API server judges by its figures.
      const used = Object.fromEntries(Object.keys(object.spec.hard).map((key) => [key, "0"]));
      await this.#api.call(
        "PATCH",
        `${this.#path(object)}/status`,
        { status: { hard: object.spec.hard, used } },
        "application/merge-patch+json",
      );
    }
    return refusalOf(object, answer);
  }

  async #judge(object: KubernetesObject): Promise<Refusal[]> {
    const answer = await this.#apply(object, true);
    // With the fields that the API server added and that existed before.
    const made = answer.status < 300 ? controlledObjects(answer.body as KubernetesObject) : [];
    const answers = await Promise.all(
      made.map(async (each) => refusalOf(each, await this.#create(each), ` of ${nameOf(object)}`)),
    );
    return [refusalOf(object, answer), ...answers].flat();
  }

  async #apply(object: KubernetesObject, dryRun: boolean, manager = "homelab"): Promise<Answer> {
    const options = `fieldManager=${manager}&force=true&fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`;
    const path = this.#path(object);
    return path === undefined
      ? unserved(object)
      : await this.#api.call("PATCH", `${path}?${options}`, object);
  }

  async #create(object: KubernetesObject): Promise<Answer> {
    const path = this.#path(object)?.replace(/\/[^/]+$/, "");
    return path === undefined
      ? unserved(object)
      : await this.#api.call("POST", `${path}?dryRun=All&fieldValidation=Strict`, object);
  }

  /** Undefined for a kind that is not served. */
  #path({ apiVersion, kind, metadata }: KubernetesObject): string | undefined {
    const served = this.#kinds.get(`${apiVersion}/${kind}`);
    if (served === undefined) return undefined;
    const prefix = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const within = served.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    return `${prefix}${within}/${served.plural}/${encodeURIComponent(metadata.name)}`;
  }

  async #discover(apiVersion: string): Promise<void> {
    const prefix = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { status, body } = await this.#api.call("GET", prefix);
    if (status !== 200) return;
    const { resources } = body as {
      readonly resources: readonly {
        readonly name: string;
        readonly kind: string;
        readonly namespaced: boolean;
      }[];
    };
    for (const { name, kind, namespaced } of resources)
      if (!name.includes("/")) this.#kinds.set(`${apiVersion}/${kind}`, { plural: name, namespaced });
  }

  /** Capabilities as `helm template` takes them: the release of Kubernetes, and every served version. */
  async capabilities(): Promise<Capabilities> {
    const { gitVersion } = (await this.#api.call("GET", "/version")).body as { readonly gitVersion: string };
    const { body } = await this.#api.call("GET", "/apis");
    const { groups } = body as {
      readonly groups: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
    };
    const all = ["v1", ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))];
    for (const version of all) await this.#discover(version);
    return { kubernetes: gitVersion, versions: [...all, ...this.#kinds.keys()] };
  }
}

/** The kinds of a CustomResourceDefinition that are served, by `GROUP/VERSION`. */
function servedKinds({ spec }: KubernetesObject): { readonly version: string; readonly kind: string }[] {
  const versions = spec.versions as readonly { readonly name: string; readonly served: boolean }[];
  return versions
    .filter(({ served }) => served)
    .map(({ name }) => ({ version: `${spec.group}/${name}`, kind: spec.names.kind }));
}

/** Rejections as a test prints them, one per line. */
export function describe(refusals: readonly Refusal[]): string {
  return refusals.map(({ object, message }) => `${object}: ${message}`).join("\n");
}

function refusalOf(object: KubernetesObject, { status, body, warnings }: Answer, of = ""): Refusal[] {
  const message = (body as { readonly message?: string }).message ?? JSON.stringify(body);
  // A warning about a definition concerns the project that released it.
  const own = object.kind === "CustomResourceDefinition" ? [] : warnings;
  return [...(status < 300 ? [] : [message]), ...own].map((text) => ({
    object: `${nameOf(object)}${of}`,
    message: text,
  }));
}

function unserved({ apiVersion, kind }: KubernetesObject): Answer {
  return { status: 404, body: { message: `no definition serves ${apiVersion} ${kind}` }, warnings: [] };
}
