import { excludeFromBackupLabel, skipAwaitAnnotation } from "../../catalog/annotations.ts";
import { releaseType } from "../../catalog/resourceTypes.ts";
import { claimsOf, locationFolder } from "../../components/backup/backupSimulation.ts";
import { features } from "../../components/features.ts";
import { gatewayAddress } from "../../components/network/networkSimulation.ts";
import { storesOf } from "../../components/postgres/postgresSimulation.ts";
import type {
  SimulatedObject as Contents,
  ReadinessModel,
  SimulatedApi,
} from "../../components/simulation.ts";
import { pulledImages } from "../../policy/images/pulledImages.ts";
import { NeverReady, pluralOf } from "./apiMessages.ts";
import type { Journal } from "./journal.ts";
import { archiveFolders, dumpOrder, type OffSite } from "./offSite.ts";

/** API groups whose kinds need a CustomResourceDefinition, with the release that installs it. */
const definedBy: Readonly<Record<string, string>> = Object.fromEntries(
  features.flatMap(({ definitions }) => Object.entries(definitions)),
);

/** Conditions for objects to become ready, by kind. */
const readiness: ReadonlyMap<string, ReadinessModel> = new Map(
  features.flatMap((feature) => Object.entries(feature.readiness)),
);

/** The objects in the cluster's API, and the behaviour of its controllers. */
export class KubernetesApi implements SimulatedApi {
  readonly #journal: Journal;
  readonly #objects = new Map<string, Contents>();
  readonly #releases = new Map<string, Contents>();
  readonly #namespaces = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);
  readonly #groups = new Set<string>();
  readonly disks = new Map<string, readonly (readonly string[])[]>();
  /** Age of the newest backup of the volumes. */
  backupAgeHours = 1;

  /** User data, by its place. */
  readonly data = new Map<string, string>();
  readonly offSite: OffSite;
  /** Starts pods with these images on a node. @throws Error where an image cannot be pulled */
  readonly #run: (images: readonly string[]) => void;

  constructor(journal: Journal, offSite: OffSite, run: (images: readonly string[]) => void) {
    this.#journal = journal;
    this.offSite = offSite;
    this.#run = run;
  }

  #runPods(type: string, name: string, props: Contents): void {
    this.#run(pulledImages({ urn: "", type, name, props, protect: false }).map(({ image }) => image));
  }

  /** Runs every backup schedule once. @throws Error for a place without a backup */
  backUp(): void {
    for (const [place, content] of this.data) {
      const folder = this.#folderOf(place);
      if (folder === undefined) throw new Error(`nothing backs up ${place}`);
      this.offSite.keep(folder, place, content);
      const claims = this.list("PersistentVolumeClaim").filter(
        ({ metadata }) =>
          claimsOf(metadata.namespace) === place && metadata.labels?.[excludeFromBackupLabel] !== "true",
      );
      this.offSite.keepClaims(folder, place, claims);
    }
  }

  #folderOf(place: string): string | undefined {
    const cluster = this.#objects.get(`Cluster/${place}`);
    if (cluster !== undefined) return archiveFolders(this.#objects, cluster).own;
    const dumped = [...this.#objects.values()]
      .map(dumpOrder)
      .find((order) => order?.system === place && this.list("CronJob").length > 0);
    if (dumped !== undefined) return dumped.own;
    return this.list("Schedule").length > 0 ? locationFolder(this) : undefined;
  }

  /** Whether pods have a network. */
  get networked(): boolean {
    return this.#releases.has("cilium");
  }

  find(key: string): Contents | undefined {
    return this.#objects.get(key);
  }

  list(kind: string): Contents[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${kind}/`)).map(([, object]) => object);
  }

  put(key: string, object: Contents): void {
    this.#objects.set(key, object);
  }

  release(name: string): Contents | undefined {
    return this.#releases.get(name);
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  define(group: string): void {
    this.#groups.add(group);
  }

  /** Whether an object could be created: its namespace exists, and the object does not. */
  wouldTake(kind: string, { metadata: { name, namespace } }: Contents): boolean {
    if (namespace !== undefined && !this.#namespaces.has(namespace)) return false;
    return !this.#objects.has(`${kind}/${namespace === undefined ? name : `${namespace}/${name}`}`);
  }

  /**
   * @throws NeverReady where the condition that the provider waits for is not met
   */
  checkReady(kind: string, id: string): void {
    this.#await(kind, id, this.object(kind, id));
  }

  /** An object. @throws Error where it does not exist */
  object(kind: string, id: string): Contents {
    const found = this.#objects.get(`${kind}/${id}`);
    if (found === undefined) throw new Error(`${kind} "${id}" not found`);
    return found;
  }

  /** Whether an object exists, as KIND/NAMESPACE/NAME, or a release, as Release/NAME. */
  has(key: string): boolean {
    return key.startsWith("Release/")
      ? this.#releases.has(key.slice("Release/".length))
      : this.#objects.has(key);
  }

  async create(
    kind: string,
    object: Contents,
    { isTakenOver }: { readonly isTakenOver: boolean },
  ): Promise<string> {
    const { name, namespace } = object.metadata as { name: string; namespace?: string };
    const id = namespace === undefined ? name : `${namespace}/${name}`;
    return await this.#journal.record(`create-${kind}`, id, async () => {
      if (namespace !== undefined) this.#needNamespace(namespace);
      const [group = ""] = String(object.apiVersion).split("/");
      if (Object.hasOwn(definedBy, group) && !this.#groups.has(group))
        throw new Error(
          `no matches for kind "${kind}" in version "${object.apiVersion}": ${definedBy[group]} has not brought it yet`,
        );
      const key = `${kind}/${id}`;
      if (this.#objects.has(key) && !isTakenOver)
        throw new Error(`${pluralOf(kind, group)} "${name}" already exists`);
      this.#runPods(`kubernetes:${object.apiVersion}:${kind}`, name, object);
      this.#objects.set(key, object);
      if (kind === "Namespace") this.#namespaces.add(name);
      this.#await(kind, id, object);
      this.#bringBack(kind, id, object);
      return id;
    });
  }

  update(kind: string, id: string, object: Contents): void {
    this.#objects.set(`${kind}/${id}`, object);
    this.#await(kind, id, object);
    // A running PostgreSQL ignores its bootstrap section; pods of other databases read their restore order at each
    // start.
    if (kind !== "Cluster") this.#bringBack(kind, id, object);
  }

  /**
   * Initial data of a database: an archive, or a dump of an earlier generation. @throws Error in the words of its
   * scripts
   */
  #bringBack(kind: string, id: string, object: Contents): void {
    if (kind === "Cluster") {
      const { own, origin } = archiveFolders(this.#objects, object);
      if (origin === undefined) return;
      if (this.offSite.find(own, id) !== undefined)
        throw new Error(`Cluster "${id}": WAL archive check failed: Expected empty archive`);
      const content = this.offSite.find(origin, id);
      if (content === undefined) throw new Error(`Cluster "${id}": no target backup found in ${origin}`);
      this.data.set(id, content);
    }
    const order = kind === "Job" || kind === "StatefulSet" ? dumpOrder(object) : undefined;
    if (order === undefined) return;
    const { system, own, origin, overwrite } = order;
    const there = this.data.get(system);
    if (
      there !== undefined &&
      origin !== undefined &&
      !overwrite &&
      this.offSite.find(own, system) === undefined
    )
      throw new Error(`${id}: REFUSED (B6): "${order.order}" cannot be restored over the data of ${system}`);
    const content = this.offSite.find(own, system) ?? this.offSite.find(origin, system);
    if (content !== undefined && (there === undefined || overwrite)) this.data.set(system, content);
  }

  async delete(kind: string, id: string): Promise<void> {
    await this.#journal.record(`delete-${kind}`, id, async () => {
      if (kind === "ObjectStore") this.#needNoStore(id);
      this.#objects.delete(`${kind}/${id}`);
      if (kind !== "Namespace") return;
      this.#namespaces.delete(id);
      for (const [key, inside] of this.#objects)
        if (inside.metadata?.namespace === id) this.#objects.delete(key);
    });
  }

  /** Installs or upgrades a chart. */
  async install(release: Contents): Promise<string> {
    const { name, namespace = "default", chart } = release;
    return await this.#journal.record("release", name, async () => {
      if (release.createNamespace === true) this.#namespaces.add(namespace);
      this.#needNamespace(namespace);
      if (chart !== "cilium" && !this.networked)
        throw new Error(
          `context deadline exceeded: the pods of ${name} have no network, since no CNI is there`,
        );
      if (
        chart === "cilium" &&
        release.values?.gatewayAPI?.enabled === true &&
        !this.#groups.has("gateway.networking.k8s.io")
      )
        throw new Error(
          "context deadline exceeded: cilium-operator: required GatewayAPI resources are not found",
        );
      this.#runPods(releaseType, name, release);
      this.#releases.set(name, release);
      for (const [group, bringer] of Object.entries(definedBy))
        if (bringer === chart) this.#groups.add(group);
      return `${namespace}/${name}`;
    });
  }

  async uninstall(name: string): Promise<void> {
    await this.#journal.record("uninstall", name, async () => {
      this.#releases.delete(name);
    });
  }

  /** The Gateway's answer at an address. @throws Error in the words of curl */
  fetch(address: string): void {
    const gateway = this.list("Gateway").find(
      (candidate) => gatewayAddress(candidate.spec, this) === address,
    );
    if (gateway === undefined) throw new Error(`Failed to connect to ${address} port 80: No route to host`);
    const announced = ["CiliumL2AnnouncementPolicy", "CiliumBGPClusterConfig"].some(
      (kind) => this.list(kind).length > 0,
    );
    if (!announced) throw new Error(`Failed to connect to ${address} port 80: No route to host`);
  }

  /** CloudNativePG stops reconciling a cluster that names a deleted store, and reports it nowhere. */
  #needNoStore(id: string): void {
    for (const { metadata, spec } of this.list("Cluster"))
      if (storesOf(spec).some((store) => `${metadata.namespace}/${store}` === id))
        throw new Error(`the cluster ${metadata.name} still names the ObjectStore ${id}`);
  }

  #needNamespace(name: string): void {
    if (!this.#namespaces.has(name)) throw new Error(`namespaces "${name}" not found`);
  }

  /** The condition that the provider waits for after it has created an object. @throws Error when it is never met */
  #await(kind: string, id: string, object: Contents): void {
    if (object.metadata.annotations?.[skipAwaitAnnotation] === "true") return;
    const never = (why: string) =>
      new NeverReady(id, `${kind} "${id}" timed out waiting to be Ready: ${why}`);
    const pods = kind === "Job" || kind === "Deployment" || kind === "StatefulSet" || kind === "DaemonSet";
    if (pods && !this.networked) throw never("its pods have no network, since no CNI is there");
    const reason = readiness.get(kind)?.(object, this);
    if (reason !== undefined) throw never(reason);
  }
}
