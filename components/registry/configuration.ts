import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import type { RegistryPart } from "../../config/registry.ts";

/** Directories in the pod. */
export const registryFolders = {
  settings: "/etc/registry",
  login: "/etc/registry-login",
  certificate: "/etc/registry-certificate",
  own: "/var/lib/registry-own",
  cache: "/var/lib/registry-cache",
} as const;

type Folders = Readonly<Record<keyof typeof registryFolders, string>>;

/** The configuration files of a part and its command line. */
export interface PartProgram {
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** Seconds between the attempts of a cache that started without its upstream to reach it. */
const retrySeconds = 600;

/** The process of a part: the lab's own registry, or a cache that starts without its upstream when that does not answer. */
export function partProgram(part: RegistryPart, folders: Folders = registryFolders): PartProgram {
  const { name, upstream } = part;
  const path = (file: string) => `${folders.settings}/${file}`;
  const plain = `${name}.yaml`;
  if (upstream === undefined)
    return {
      files: { [plain]: stringify(configuration(part, folders)) },
      command: ["registry", "serve", path(plain)],
    };
  const without = `${name}-without-upstream.yaml`;
  return {
    files: {
      [plain]: stringify({
        ...configuration(part, folders),
        // The cache serves stored images while its upstream is unavailable, and deletes an image after this time.
        proxy: { remoteurl: upstream, ttl: "720h" },
      }),
      [without]: stringify(readOnly(configuration(part, folders))),
      "cache.sh": readFileSync(new URL("cache.sh", import.meta.url), "utf8"),
    },
    command: ["sh", path("cache.sh"), path(plain), path(without), String(retrySeconds)],
  };
}

/** The configuration of a registry process. It contains no secrets: login and key are in separate files. */
function configuration({ name, port, upstream }: RegistryPart, folders: Folders) {
  return {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: upstream === undefined ? folders.own : `${folders.cache}/${name}` },
      // Caches delete expired images, and clients may delete images of the own registry.
      delete: { enabled: true },
      cache: { blobdescriptor: "inmemory" },
    },
    http: {
      addr: `:${port}`,
      tls: {
        certificate: `${folders.certificate}/tls.crt`,
        key: `${folders.certificate}/tls.key`,
        minimumtls: "tls1.2",
      },
    },
    // Pulling also requires the login: no service of the lab is open without one (A4).
    auth: { htpasswd: { realm: "lab", path: `${folders.login}/htpasswd` } },
  };
}

/** Makes a registry read-only: a cache without its upstream must not accept pushes either. */
function readOnly<C extends { readonly storage: object }>(configuration: C) {
  const { storage } = configuration;
  return { ...configuration, storage: { ...storage, maintenance: { readonly: { enabled: true } } } };
}
