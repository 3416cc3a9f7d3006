import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import type { RegistryPart } from "../../config/registry.ts";

/** Folders in the pod. */
export const registryFolders = {
  settings: "/etc/registry",
  login: "/etc/registry-login",
  certificate: "/etc/registry-certificate",
  own: "/var/lib/registry-own",
  cache: "/var/lib/registry-cache",
} as const;

type Folders = Readonly<Record<keyof typeof registryFolders, string>>;

/** The files of a part, and how it is started with them. */
export interface PartProgram {
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

/** How often a cache that started without its upstream looks for it, in seconds. */
const retrySeconds = 600;

/** What a part runs: the registry itself, or a cache that begins without its upstream where that does not answer. */
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
        // It goes on serving what it has while its upstream refuses, and lets go of it after this time.
        proxy: { remoteurl: upstream, ttl: "720h" },
      }),
      [without]: stringify(readOnly(configuration(part, folders))),
      "cache.sh": readFileSync(new URL("cache.sh", import.meta.url), "utf8"),
    },
    command: ["sh", path("cache.sh"), path(plain), path(without), String(retrySeconds)],
  };
}

/** One registry process. Nothing in it is secret: login and key lie beside it. */
function configuration({ name, port, upstream }: RegistryPart, folders: Folders) {
  return {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: upstream === undefined ? folders.own : `${folders.cache}/${name}` },
      // A cache takes what is old away by itself, and an owner what is wrong.
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
    // For whoever pulls, too: nothing of the lab is open to all of its network (A4).
    auth: { htpasswd: { realm: "lab", path: `${folders.login}/htpasswd` } },
  };
}

/** Nobody pushes into a cache, whether it has its upstream or not. */
function readOnly<C extends { readonly storage: object }>(configuration: C) {
  const { storage } = configuration;
  return { ...configuration, storage: { ...storage, maintenance: { readonly: { enabled: true } } } };
}
