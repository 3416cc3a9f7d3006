// biome-ignore lint/suspicious/noExplicitAny: objects have the shape of their kind
type Contents = Record<string, any>;
type Objects = ReadonlyMap<string, Contents>;

/** Content of the bucket. It is independent of every simulator, and a rebuild has no other data. */
export class OffSite {
  readonly #contents = new Map<string, string>();
  /** The claims in a Velero backup, in addition to their content. */
  readonly #claims = new Map<string, readonly Contents[]>();

  keep(folder: string, place: string, content: string): void {
    this.#contents.set(`${folder} ${place}`, content);
  }

  find(folder: string | undefined, place: string): string | undefined {
    return folder === undefined ? undefined : this.#contents.get(`${folder} ${place}`);
  }

  keepClaims(folder: string, place: string, claims: readonly Contents[]): void {
    this.#claims.set(`${folder} ${place}`, claims);
  }

  claims(folder: string | undefined, place: string): readonly Contents[] {
    return this.#claims.get(`${folder} ${place}`) ?? [];
  }

  /** All content, by folder and place. */
  all(): ReadonlyMap<string, string> {
    return new Map(this.#contents);
  }
}

/** Archive destination of a PostgreSQL and source of its restore: folders of their ObjectStores. */
export function archiveFolders(objects: Objects, { metadata, spec }: Contents) {
  const folder = (plugin: Contents | undefined): string | undefined => {
    const store = plugin?.parameters.barmanObjectName;
    return objects.get(`ObjectStore/${metadata.namespace}/${store}`)?.spec.configuration.destinationPath;
  };
  const source = spec.bootstrap?.recovery?.source;
  const external = ((spec.externalClusters ?? []) as Contents[]).find(({ name }) => name === source);
  return { own: folder(spec.plugins?.[0]), origin: folder(external?.plugin) };
}

/** Settings of a database with dumps in the environment of its job or of its server's first container. */
export interface DumpOrder {
  readonly system: string;
  readonly own: string;
  readonly origin: string | undefined;
  readonly order: string;
  readonly overwrite: boolean;
}

const folderPattern = /([\w-]+\/\d+\/(elasticsearch|mongodb|neo4j))\b/;

/** The restore order in the environment of a pod that restores a database's dumps; undefined for every other pod. */
export function dumpOrder({ spec }: Contents): DumpOrder | undefined {
  const pod: Contents | undefined = spec?.template?.spec;
  const environment = new Map(
    [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])]
      .flatMap((container: Contents) => (container.env ?? []) as Contents[])
      .map(({ name, value }): [string, string] => [name, value ?? ""]),
  );
  if (!environment.has("REQUEST") || !environment.has("ORIGIN")) return undefined;
  const folder = (...names: string[]) =>
    names.map((name) => folderPattern.exec(environment.get(name) ?? "")).find((match) => match !== null);
  const own = folder("OWN", "REPOSITORY");
  if (own === undefined || own === null) return undefined;
  return {
    system: own[2] ?? "",
    own: own[1] ?? "",
    origin: folder("ORIGIN")?.[1],
    order: environment.get("REQUEST") ?? "",
    overwrite: environment.get("OVERWRITE") === "yes",
  };
}
