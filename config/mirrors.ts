import type { LabConfig } from "./schema.ts";

/** An endpoint for the images of one registry: a mirror, or the registry itself. */
export interface RegistryEndpoint {
  /** As in the stack file: `https://HOST[:PORT]`, with a path if the API is not at the root. */
  readonly url: string;
  /** HOST[:PORT], the key of its CA and login in the stack file and in registries.yaml. */
  readonly host: string;
  /** Set in the stack file: the network gate fails if it does not answer, even if another endpoint does. */
  readonly configured: boolean;
  /** Its CA in PEM form, in addition to those that the node trusts already. */
  readonly ca: string | undefined;
  readonly username: string | undefined;
  /** Prefix of its repositories, if it mirrors a part of the registry only. */
  readonly only: string | undefined;
}

type Mirrored = { readonly cluster: Pick<LabConfig["cluster"], "mirrors" | "registryConfigs"> };

/**
 * Public mirrors of Docker Hub, in the order in which nodes try them. Docker Hub can reject a whole network (I3), and the
 * images for the lab's registry are pulled before the registry runs. What each mirror serves:
 *
 * - mirror.gcr.io: public images that are requested often, with no guarantee for any of them (Google's documentation,
 *   "Pull cached Docker Hub images"; podman#19409 names an image that it lacks). The network gate requests every image.
 * - public.ecr.aws: only Docker's official images, which Docker publishes there as `docker/library/…`. K3s appends
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

/** Every registry with mirrors, with their URLs in order: those of the stack file, or else the public ones. */
export function mirrorsOf({ cluster }: Mirrored): Readonly<Record<string, readonly string[]>> {
  const publicUrls = Object.entries(publicMirrors).map(([registry, mirrors]) => [
    registry,
    mirrors.map(({ url }) => url),
  ]);
  return { ...Object.fromEntries(publicUrls), ...cluster.mirrors };
}

/** The endpoints of a registry in the order in which a node tries them: mirrors first, the registry itself last. */
export function endpointsOf(config: Mirrored, registry: string): RegistryEndpoint[] {
  const configured = Object.hasOwn(config.cluster.mirrors, registry);
  const mirrors = (mirrorsOf(config)[registry] ?? []).map((url) => ({
    ...endpoint(config, url),
    configured,
    only: publicMirrors[registry]?.find((mirror) => mirror.url === url)?.only,
  }));
  return [...mirrors, { ...endpoint(config, registryUrl(registry)), configured: false, only: undefined }];
}

/** The endpoints of one image, in the order in which a node tries them. */
export function endpointsOfImage(config: Mirrored, image: string): RegistryEndpoint[] {
  const { registry, repository } = splitImage(image);
  return endpointsOf(config, registry).filter(
    ({ only }) => only === undefined || repository.startsWith(only),
  );
}

/** Every mirror with a CA or a login, once. */
export function privateMirrors(config: Mirrored): RegistryEndpoint[] {
  const all = Object.keys(mirrorsOf(config)).flatMap((registry) => endpointsOf(config, registry));
  const found = new Map(all.map((one) => [one.host, one]));
  return [...found.values()].filter(({ ca, username }) => ca !== undefined || username !== undefined);
}

/** HOST[:PORT] of every mirror with a login. */
export function mirrorLogins(config: Mirrored): string[] {
  return privateMirrors(config).flatMap(({ host, username }) => (username === undefined ? [] : [host]));
}

/** The secret lab:mirrorPasswords as a map from HOST[:PORT] to the password; undefined for any other text. */
export function parseMirrorPasswords(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const passwords: unknown = JSON.parse(text);
    if (typeof passwords !== "object" || passwords === null || Array.isArray(passwords)) return undefined;
    // A line break would end the setting on the node, and is not valid in a login.
    const valid = Object.values(passwords).every((one) => typeof one === "string" && /^[^\r\n]+$/.test(one));
    return valid ? (passwords as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

/** Registry, repository, and tag or digest of an image such as `docker.io/library/busybox:1.37.0`. */
export function splitImage(image: string): { registry: string; repository: string; reference: string } {
  const slash = image.indexOf("/");
  const [registry, rest] = [image.slice(0, slash), image.slice(slash + 1)];
  const [named = "", digest] = rest.split("@");
  const [repository = "", tag = "latest"] = named.split(":");
  return { registry, repository, reference: digest ?? tag };
}

/** Whether a host is one of the names of Docker Hub. */
export function isDockerHub(host: string): boolean {
  return /^(registry-1\.|index\.|registry\.hub\.)?docker\.(io|com)(:443)?$/.test(host);
}

/** HOST[:PORT] of an endpoint's URL as written: K3s compares text, so `:443` is part of it. */
export function hostOf(url: string): string {
  return url.replace(/^https:\/\//, "").replace(/\/.*$/, "");
}

function registryUrl(registry: string): string {
  // Images have the host docker.io in their names, but the registry is at another host.
  return registry === "docker.io" ? "https://registry-1.docker.io" : `https://${registry}`;
}

function endpoint({ cluster }: Mirrored, url: string) {
  const host = hostOf(url);
  const own = cluster.registryConfigs[host];
  return { url, host, ca: own?.ca, username: own?.username };
}
