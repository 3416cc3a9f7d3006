import type { LabConfig } from "./schema.ts";

/** Where one registry's images can be fetched: a mirror of it, or the registry itself. */
export interface RegistryEndpoint {
  /** As the stack file writes it, `https://HOST[:PORT]`, with a path where the API is not at the root. */
  readonly url: string;
  /** HOST[:PORT], by which the stack file and registries.yaml name its CA and login. */
  readonly host: string;
  /** The stack file names it: a gate refuses one that does not answer, whatever stands in for it. */
  readonly configured: boolean;
  /** Its CA in PEM form, beside those that the node trusts anyway. */
  readonly ca: string | undefined;
  readonly username: string | undefined;
  /** What its repositories begin with, where it does not mirror the whole registry. */
  readonly only: string | undefined;
}

type Mirrored = { readonly cluster: Pick<LabConfig["cluster"], "mirrors" | "registryConfigs"> };

/**
 * Public mirrors of Docker Hub, in the order in which nodes ask them. Docker Hub can refuse a whole network (I3), and
 * everything up to the lab's own registry has to be pulled before that can stand in. What each serves:
 *
 * - mirror.gcr.io: public images that are requested often, without a guarantee for any of them (Google's documentation,
 *   "Pull cached Docker Hub images"; podman#19409 has an image that it lacks). The network gate asks for every image.
 * - public.ecr.aws: Docker's official images alone, which Docker publishes there as `docker/library/…`. K3s appends
 *   nothing to a path that is not `/v2`, so `library/busybox` becomes `/v2/docker/library/busybox`.
 */
export const publicMirrors: Readonly<
  Record<string, readonly { readonly url: string; readonly only?: string }[]>
> = {
  "docker.io": [
    { url: "https://mirror.gcr.io" },
    { url: "https://public.ecr.aws/v2/docker", only: "library/" },
  ],
};

/** Every registry that has mirrors, with their URLs in order: those of the stack file, else the public ones. */
export function mirrorsOf({ cluster }: Mirrored): Readonly<Record<string, readonly string[]>> {
  const publicUrls = Object.entries(publicMirrors).map(([registry, mirrors]) => [
    registry,
    mirrors.map(({ url }) => url),
  ]);
  return { ...Object.fromEntries(publicUrls), ...cluster.mirrors };
}

/** Where a node fetches images of `registry`, in its order: mirrors first, the registry itself last. */
export function endpointsOf(config: Mirrored, registry: string): RegistryEndpoint[] {
  const configured = Object.hasOwn(config.cluster.mirrors, registry);
  const mirrors = (mirrorsOf(config)[registry] ?? []).map((url) => ({
    ...endpoint(config, url),
    configured,
    only: publicMirrors[registry]?.find((mirror) => mirror.url === url)?.only,
  }));
  return [...mirrors, { ...endpoint(config, registryUrl(registry)), configured: false, only: undefined }];
}

/** The endpoints of one image, in the node's order. */
export function endpointsOfImage(config: Mirrored, image: string): RegistryEndpoint[] {
  const { registry, repository } = splitImage(image);
  return endpointsOf(config, registry).filter(
    ({ only }) => only === undefined || repository.startsWith(only),
  );
}

/** Every mirror once that has a CA or a login of its own. */
export function privateMirrors(config: Mirrored): RegistryEndpoint[] {
  const all = Object.keys(mirrorsOf(config)).flatMap((registry) => endpointsOf(config, registry));
  const found = new Map(all.map((one) => [one.host, one]));
  return [...found.values()].filter(({ ca, username }) => ca !== undefined || username !== undefined);
}

/** The mirrors that have a login, by their HOST[:PORT]. */
export function mirrorLogins(config: Mirrored): string[] {
  return privateMirrors(config).flatMap(({ host, username }) => (username === undefined ? [] : [host]));
}

/** The secret lab:mirrorPasswords as a map from HOST[:PORT] to the password; undefined where it is not one. */
export function parseMirrorPasswords(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const passwords: unknown = JSON.parse(text);
    if (typeof passwords !== "object" || passwords === null || Array.isArray(passwords)) return undefined;
    // A line break would end the node's setting, and no login can carry one.
    const valid = Object.values(passwords).every((one) => typeof one === "string" && /^[^\r\n]+$/.test(one));
    return valid ? (passwords as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

/** `docker.io/library/busybox:1.37.0` as its registry, its repository there, and its tag or digest. */
export function splitImage(image: string): { registry: string; repository: string; reference: string } {
  const slash = image.indexOf("/");
  const [registry, rest] = [image.slice(0, slash), image.slice(slash + 1)];
  const [named = "", digest] = rest.split("@");
  const [repository = "", tag = "latest"] = named.split(":");
  return { registry, repository, reference: digest ?? tag };
}

/** Whether a host is Docker Hub, by any of the names of its registry. */
export function isDockerHub(host: string): boolean {
  return /^(registry-1\.|index\.|registry\.hub\.)?docker\.(io|com)(:443)?$/.test(host);
}

/** HOST[:PORT] of an endpoint's URL as it is written there: K3s compares text, and `:443` is part of it. */
export function hostOf(url: string): string {
  return url.replace(/^https:\/\//, "").replace(/\/.*$/, "");
}

function registryUrl(registry: string): string {
  // Images are named after docker.io, where no registry answers.
  return registry === "docker.io" ? "https://registry-1.docker.io" : `https://${registry}`;
}

function endpoint({ cluster }: Mirrored, url: string) {
  const host = hostOf(url);
  const own = cluster.registryConfigs[host];
  return { url, host, ca: own?.ca, username: own?.username };
}
