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

/** A part's file in the folder of settings. */
export const settingsFile = ({ name }: RegistryPart) => `${name}.yaml`;

/** The configuration of one registry process. Nothing in it is secret: login and key lie beside it. */
export function registryConfiguration(
  { name, port, upstream }: RegistryPart,
  folders: Readonly<Record<keyof typeof registryFolders, string>> = registryFolders,
): string {
  return stringify({
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
    // A cache goes on serving what it has while its upstream refuses; after this time it lets go of it.
    ...(upstream === undefined ? {} : { proxy: { remoteurl: upstream, ttl: "720h" } }),
  });
}
