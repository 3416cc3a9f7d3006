import { restoredAnnotation } from "../../components/postgres/clusterSpec.ts";
import { parseAddress } from "../../config/ranges.ts";
import { pulledImages } from "../../policy/images/pulledImages.ts";
import { NeverReady, pluralOf } from "./apiMessages.ts";
import type { Journal } from "./journal.ts";
import { archiveFolders, claimsOf, dumpOrder, locationFolder, type OffSite } from "./offSite.ts";

/** An object of the API, or a release, as far as the model looks at it. */
// biome-ignore lint/suspicious/noExplicitAny: objects have the shape of their kind
type Contents = Record<string, any>;

/** Groups whose kinds exist only once somebody has defined them, and the charts that bring the definitions along. */
const definedBy: Readonly<Record<string, string>> = {
  "gateway.networking.k8s.io": "apply-crds.sh",
  "cilium.io": "cilium",
  "cert-manager.io": "cert-manager",
  "snapshot.storage.k8s.io": "apply-crds.sh",
  "longhorn.io": "longhorn",
  "postgresql.cnpg.io": "cloudnative-pg",
  "barmancloud.cnpg.io": "plugin-barman-cloud",
  "velero.io": "apply-crds.sh",
  "monitoring.coreos.com": "prometheus-operator-crds",
};

/** What the API of the cluster holds, and what its controllers would say to it. */
export class KubernetesApi {
  readonly #journal: Journal;
  readonly #objects = new Map<string, Contents>();
  readonly #releases = new Map<string, Contents>();
  readonly #namespaces = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);
  readonly #groups = new Set<string>();
  /** Nodes whose disks were declared to Longhorn, with the tags of each disk. */
  readonly #disks = new Map<string, readonly (readonly string[])[]>();
  /** How old the newest backup of the volumes is. */
  backupAgeHours = 1;

  /** What people have put into the lab, by its place. */
  readonly data = new Map<string, string>();
  readonly #offSite: OffSite;
  /** Starts pods of these images on a node. @throws Error where one of them cannot be pulled */
  readonly #run: (images: readonly string[]) => void;

  constructor(journal: Journal, offSite: OffSite, run: (images: readonly string[]) => void) {
    this.#journal = journal;
    this.#offSite = offSite;
    this.#run = run;
  }

  #runPods(type: string, name: string, props: Contents): void {
    this.#run(pulledImages({ urn: "", type, name, props, protect: false }).map(({ image }) => image));
  }

  /** What all schedules do in a day. @throws Error for a place that nothing backs up */
  backUp(): void {
    for (const [place, content] of this.data) {
      const folder = this.#folderOf(place);
      if (folder === undefined) throw new Error(`nothing backs up ${place}`);
      this.#offSite.keep(folder, place, content);
      const claims = this.#of("PersistentVolumeClaim").filter(
        ({ metadata }) =>
          claimsOf(metadata.namespace) === place &&
          metadata.labels?.["velero.io/exclude-from-backup"] !== "true",
      );
      this.#offSite.keepClaims(folder, place, claims);
    }
  }

  #folderOf(place: string): string | undefined {
    const cluster = this.#objects.get(`Cluster/${place}`);
    if (cluster !== undefined) return archiveFolders(this.#objects, cluster).own;
    const dumped = [...this.#objects.values()]
      .map(dumpOrder)
      .find((order) => order?.system === place && this.#of("CronJob").length > 0);
    if (dumped !== undefined) return dumped.own;
    return this.#of("Schedule").length > 0 ? locationFolder(this.#objects) : undefined;
  }

  /** Whether pods get a network. */
  get networked(): boolean {
    return this.#releases.has("cilium");
  }

  /** Definitions applied from a server: `…/GROUP_PLURAL.yaml@SHA256` each. */
  applyDefinitions(files: readonly string[]): void {
    for (const file of files) {
      const group = /\/([a-z0-9.-]+)_[a-z]+\.yaml@[0-9a-f]{64}$/.exec(file)?.[1];
      if (group === undefined) throw new Error(`apply-crds: ${file} names no definition and its checksum`);
      this.#groups.add(group);
    }
  }

  declareDisks(node: string, disks: readonly { readonly tags: readonly string[] }[]): void {
    this.#disks.set(
      node,
      disks.map(({ tags }) => tags),
    );
  }

  /** Refuses an upgrade of Longhorn without fresh backups, as verify-backup.sh does. */
  verifyBackup(version: string, limitHours: number): void {
    const installed = this.#releases.get("longhorn")?.version;
    if (installed !== undefined && `v${installed}` !== version && this.backupAgeHours > limitHours)
      throw new Error(
        `verify-backup: REFUSED (K4): the newest backup is ${this.backupAgeHours} h old, and ${limitHours} are allowed`,
      );
  }

  verifyLonghorn(version: string, disks: readonly string[]): void {
    const installed = this.#releases.get("longhorn")?.version;
    if (`v${installed}` !== version)
      throw new Error(`verify-longhorn: REFUSED (S8): v${installed} runs, and ${version} is wanted`);
    const missing = disks.filter((disk) => !this.#disks.has(disk.split(":")[0] ?? ""));
    if (missing.length > 0)
      throw new Error(`verify-longhorn: REFUSED (S5): missing are ${missing.join(", ")}`);
  }

  /** The canary: a volume of each class, on as many nodes as it has replicas. */
  verifyStorage(classes: readonly string[]): void {
    const never = (why: string) => new Error(`verify-storage: REFUSED (S11): ${why}`);
    if (!this.#objects.has("Deployment/kube-system/snapshot-controller"))
      throw never("no snapshot becomes ready");
    for (const name of classes) {
      const longhorn = this.#releases.get("longhorn");
      const parameters =
        name === "longhorn"
          ? { numberOfReplicas: longhorn?.values?.persistence?.defaultClassReplicaCount }
          : this.#objects.get(`StorageClass/${name}`)?.parameters;
      if (parameters === undefined || longhorn === undefined) throw never(`nobody provisions ${name}`);
      const tag: string | undefined = parameters.diskSelector;
      const nodes = [...this.#disks.values()].filter((node) =>
        node.some((tags) => tag === undefined || tags.includes(tag)),
      );
      if (nodes.length < Number(parameters.numberOfReplicas))
        throw never(
          `${name} wants ${parameters.numberOfReplicas} replicas, and ${nodes.length} nodes have disks for it`,
        );
    }
  }

  /** Refuses to restore a database that lives, as verify-restorable.sh does. */
  verifyRestorable(namespace: string, name: string, order: string): void {
    const living = this.#objects.get(`Cluster/${namespace}/${name}`);
    if (living !== undefined && living.metadata.annotations?.[restoredAnnotation] !== order)
      throw new Error(
        `verify-restorable: REFUSED (B6): ${namespace}/${name} is live, and was not created by the restore request ${order}`,
      );
  }

  /** The registry, as verify-registry.sh visits it: a pod behind a service, with its volumes. */
  verifyRegistry(): string {
    for (const key of ["Deployment/registry/registry", "Service/registry/registry"])
      if (!this.#objects.has(key))
        throw new Error(`verify-registry: REFUSED (I3): the registry service own answers 000: no ${key}`);
    return "verify-registry: unchanged: own serves";
  }

  /** Velero's locations: the release is there, and each has its secret. */
  verifyBackupStore(names: readonly string[]): void {
    const never = (why: string) => new Error(`verify-backup-store: REFUSED (B3): ${why}`);
    if (!this.#releases.has("velero")) throw never("Velero is not installed");
    for (const name of names) {
      const location = this.#objects.get(`BackupStorageLocation/velero/${name}`);
      if (location === undefined) throw never(`the BackupStorageLocation ${name} does not exist`);
      const { name: secret, key } = location.spec.credential;
      if (this.#objects.get(`Secret/velero/${secret}`)?.data?.[key] === undefined)
        throw never(`unable to get credentials: the secret ${secret} has no key ${key}`);
    }
  }

  /** Brings the claims of a namespace back, as restore-claims.sh does. */
  restoreClaims(
    namespace: string,
    location: string,
    { overwrite, named }: { readonly overwrite: boolean; readonly named: boolean },
  ): string {
    const refuse = (lesson: string, why: string) => new Error(`restore-claims: REFUSED (${lesson}): ${why}`);
    if (!this.#objects.has(`BackupStorageLocation/velero/${location}`))
      throw refuse("B3", `the BackupStorageLocation ${location} does not exist`);
    if (!this.#namespaces.has(namespace)) throw refuse("B6", `the namespace ${namespace} does not exist`);
    const place = claimsOf(namespace);
    if (this.data.has(place) && !overwrite)
      throw refuse("B6", `${namespace} is live: ${place} exist, and a backup would replace them`);
    const folder = locationFolder(this.#objects, location);
    const content = this.#offSite.find(folder, place);
    if (content === undefined) {
      if (named) throw refuse("B6", `no backup in ${location} has ${place}`);
      return `restore-claims: unchanged: ${namespace} starts empty`;
    }
    this.data.set(place, content);
    // As in any cluster, they are there from now on for whoever else would make them.
    for (const claim of this.#offSite.claims(folder, place))
      this.#objects.set(`PersistentVolumeClaim/${namespace}/${claim.metadata.name}`, claim);
    return `restore-claims: changed: ${place} restored`;
  }

  /** Whether nothing speaks against an object before it is created: its namespace is there, and itself it is not. */
  wouldTake(kind: string, { metadata: { name, namespace } }: Contents): boolean {
    if (namespace !== undefined && !this.#namespaces.has(namespace)) return false;
    return !this.#objects.has(`${kind}/${namespace === undefined ? name : `${namespace}/${name}`}`);
  }

  /** @throws NeverReady where what the provider waits for has not come */
  checkReady(kind: string, id: string): void {
    this.#await(kind, id, this.object(kind, id));
  }

  /** An object. @throws Error where it is not there */
  object(kind: string, id: string): Contents {
    const found = this.#objects.get(`${kind}/${id}`);
    if (found === undefined) throw new Error(`${kind} "${id}" not found`);
    return found;
  }

  /** Whether an object is there, as KIND/NAMESPACE/NAME, or a release, as Release/NAME. */
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
    // A living PostgreSQL looks at its beginning no more; the pods of other databases look each time they start.
    if (kind !== "Cluster") this.#bringBack(kind, id, object);
  }

  /** What a database begins with: an archive, or a dump, of an earlier generation. @throws Error in the words of its scripts */
  #bringBack(kind: string, id: string, object: Contents): void {
    if (kind === "Cluster") {
      const { own, origin } = archiveFolders(this.#objects, object);
      if (origin === undefined) return;
      if (this.#offSite.find(own, id) !== undefined)
        throw new Error(`Cluster "${id}": WAL archive check failed: Expected empty archive`);
      const content = this.#offSite.find(origin, id);
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
      this.#offSite.find(own, system) === undefined
    )
      throw new Error(`${id}: REFUSED (B6): "${order.order}" finds ${system} with data already`);
    const content = this.#offSite.find(own, system) ?? this.#offSite.find(origin, system);
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

  /** Installs a chart, or upgrades it. */
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
      this.#runPods("kubernetes:helm.sh/v3:Release", name, release);
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

  /** How the Gateway answers at an address. @throws Error in the words of curl */
  fetch(address: string): void {
    const gateway = this.#of("Gateway").find((candidate) => this.#addressOf(candidate) === address);
    if (gateway === undefined) throw new Error(`Failed to connect to ${address} port 80: No route to host`);
    const announced = ["CiliumL2AnnouncementPolicy", "CiliumBGPClusterConfig"].some(
      (kind) => this.#of(kind).length > 0,
    );
    if (!announced) throw new Error(`Failed to connect to ${address} port 80: No route to host`);
  }

  #addressOf(gateway: Contents): unknown {
    if (gateway.spec.gatewayClassName === "cilium") return gateway.spec.addresses?.[0]?.value;
    const annotations = this.#releases.get("traefik")?.values?.service?.annotations ?? {};
    return annotations["lbipam.cilium.io/ips"];
  }

  #of(kind: string): Contents[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${kind}/`)).map(([, object]) => object);
  }

  /** A cluster that names a store which is gone is not looked after any more, and says so nowhere. */
  #needNoStore(id: string): void {
    for (const { metadata, spec } of this.#of("Cluster"))
      if (storesOf(spec).some((store) => `${metadata.namespace}/${store}` === id))
        throw new Error(`the cluster ${metadata.name} still names the ObjectStore ${id}`);
  }

  #needNamespace(name: string): void {
    if (!this.#namespaces.has(name)) throw new Error(`namespaces "${name}" not found`);
  }

  /** What the provider waits for after it has made an object. @throws Error when that would never come */
  #await(kind: string, id: string, { metadata, spec }: Contents): void {
    if (metadata.annotations?.["pulumi.com/skipAwait"] === "true") return;
    const never = (why: string) =>
      new NeverReady(id, `${kind} "${id}" timed out waiting to be Ready: ${why}`);
    const pods = kind === "Job" || kind === "Deployment" || kind === "StatefulSet" || kind === "DaemonSet";
    if (pods && !this.networked) throw never("its pods have no network, since no CNI is there");
    switch (kind) {
      case "ClusterIssuer": {
        const secret = spec.ca?.secretName;
        if (secret !== undefined && !this.#objects.has(`Secret/cert-manager/${secret}`))
          throw never(`secrets "${secret}" not found`);
        return;
      }
      case "Certificate":
        if (!this.#objects.has(`ClusterIssuer/${spec.issuerRef.name}`))
          throw never(`clusterissuer "${spec.issuerRef.name}" not found`);
        return;
      case "Gateway": {
        const className: string = spec.gatewayClassName;
        if (!this.#releases.has(className)) throw never(`no controller serves the class ${className}`);
        for (const listener of spec.listeners as Contents[])
          for (const { name } of listener.tls?.certificateRefs ?? [])
            if (
              !this.#of("Certificate").some(
                (made) => made.spec.secretName === name && made.metadata.namespace === metadata.namespace,
              )
            )
              throw never(`the secret ${name} of the listener ${listener.name} does not exist`);
        const wanted = parseAddress(String(this.#addressOf({ spec }) ?? ""));
        const blocks = this.#of("CiliumLoadBalancerIPPool").flatMap((pool) => pool.spec.blocks as Contents[]);
        const inPool = blocks.some(({ start, stop }) => {
          const [first, last] = [parseAddress(start), parseAddress(stop)];
          return (
            wanted !== undefined &&
            first !== undefined &&
            last !== undefined &&
            first <= wanted &&
            wanted <= last
          );
        });
        if (!inPool) throw never("its address is in no pool");
        return;
      }
      case "Cluster": {
        // The operator puts a cluster off, for ever, while a store that it names is not there.
        for (const store of storesOf(spec))
          if (!this.#objects.has(`ObjectStore/${metadata.namespace}/${store}`))
            throw never(`objectstores "${store}" not found`);
        return;
      }
      case "HTTPRoute":
        for (const parent of spec.parentRefs as Contents[])
          if (!this.#objects.has(`Gateway/${parent.namespace ?? metadata.namespace}/${parent.name}`))
            throw never(`it names the Gateway ${parent.name}, which does not exist`);
        return;
    }
  }
}

/** The object stores that a PostgreSQL archives to and is restored from. */
function storesOf(spec: Contents): string[] {
  const plugins = [
    ...((spec.plugins ?? []) as Contents[]),
    ...((spec.externalClusters ?? []) as Contents[]).map(({ plugin }) => plugin as Contents),
  ];
  return plugins.map(({ parameters }) => String(parameters.barmanObjectName));
}
