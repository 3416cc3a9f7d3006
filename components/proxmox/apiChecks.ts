import semver from "semver";
import { datastoreFor, usedHosts } from "../../config/datastores.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";
import type { Lab, VirtualNode } from "../../config/lab.ts";
import { ApiError, type ApiGet } from "./hostApi.ts";
import { missingPrivileges, type Permissions } from "./privileges.ts";

/** The oldest supported Proxmox VE: importing a disk image through the API requires qemu-server 8.3.9. */
const oldestVersion = "8.4.0";

/** What the API reports about the hosts: the input of `checkApiState`. */
export interface ApiState {
  readonly version: string;
  readonly permissions: Permissions;
  /** Names of the hosts of the Proxmox cluster. */
  readonly hosts: readonly string[];
  /** Content types by host and datastore. The API does not list a datastore that the token cannot see. */
  readonly datastores: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Checks the Proxmox API by GET requests only. Returns everything that would make an `up` fail. */
export async function checkApi(lab: Lab, tokenId: string, get: ApiGet): Promise<Diagnostic[]> {
  try {
    return checkApiState(lab, tokenId, await readApiState(lab, get));
  } catch (error) {
    return [requestDiagnostic(lab, tokenId, error)];
  }
}

async function readApiState(lab: Lab, get: ApiGet): Promise<ApiState> {
  // The first request runs alone: if it fails, every other request fails for the same reason.
  const { version } = (await get("version")) as { version: string };
  const [permissions, nodes] = await Promise.all([get("access/permissions"), get("nodes")]);
  const hosts = (nodes as { node: string }[]).map(({ node }) => node);
  const known = usedHosts(lab.config).filter((host) => hosts.includes(host));
  const datastores = await Promise.all(
    known.map(async (host) => {
      const stores = (await get(`nodes/${host}/storage`)) as { storage: string; content: string }[];
      const contents = stores.map(
        ({ storage, content }) => [storage, content.split(",").filter((type) => type !== "")] as const,
      );
      return [host, Object.fromEntries(contents)] as const;
    }),
  );
  return {
    version,
    permissions: permissions as Permissions,
    hosts,
    datastores: Object.fromEntries(datastores),
  };
}

/**
 * Rejects a VMID that another guest uses. Runs right before a machine is created: the provider retries the creation when
 * Proxmox answers that the VMID exists, takes the second such answer for success, and would adopt the other guest.
 */
export async function checkVmId(node: VirtualNode, get: ApiGet): Promise<Diagnostic[]> {
  const { id } = node.vm;
  try {
    // This request covers every guest of the cluster, including those that the token cannot see.
    await get(`cluster/nextid?vmid=${id}`);
    return [];
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
  }
  const guests = (await get("cluster/resources?type=vm")) as { vmid: number; name?: string; node: string }[];
  const owner = guests.find(({ vmid }) => vmid === id);
  const ownerName =
    owner === undefined ? "a guest that the token cannot see" : `${owner.name ?? id} on ${owner.node}`;
  return [
    {
      path: `lab:nodes.${node.name}.vm.id`,
      value: String(id),
      lesson: "N2",
      message: `the id is taken by ${ownerName}, and the provider would adopt that guest as ${node.name}`,
      fix: "write a VMID that is free in the Proxmox cluster; if the guest is this node's machine and only the state was lost, import it (docs/runbooks/state-lost.md)",
    },
  ];
}

/** Compares the state of the API with the requirements of the lab. */
export function checkApiState(lab: Lab, tokenId: string, state: ApiState): Diagnostic[] {
  const version = semver.coerce(state.version);
  if (version === null || semver.lt(version, oldestVersion))
    return [
      {
        path: "lab:proxmox.endpoint",
        value: lab.config.proxmox?.endpoint ?? "",
        lesson: null,
        message: `runs Proxmox VE ${state.version}, which cannot import a disk image through the API`,
        fix: `upgrade the host to Proxmox VE ${oldestVersion.replace(/\.0$/, "")} or later`,
      },
    ];
  const missing = missingPrivileges(lab, state.permissions);
  return [
    ...missing.map(
      ({ privilege, paths }): Diagnostic => ({
        path: "lab:proxmoxApiToken",
        value: tokenId,
        lesson: "C5",
        message: `lacks the privilege ${privilege.name} on ${summarizePaths(paths)}, which Proxmox requires for ${privilege.for}`,
        fix: `add the privilege to the role (pveum role modify Homelab --append --privs ${privilege.name}), and grant the user the role on that path; docs/how-to/proxmox.md lists all privileges and paths`,
      }),
    ),
    ...usedHosts(lab.config).flatMap((host) => checkHost(lab, host, state, missing.length > 0)),
  ];
}

function checkHost(lab: Lab, host: string, state: ApiState, lacksPrivileges: boolean): Diagnostic[] {
  const path = `lab:proxmox.hosts.${host}`;
  if (!state.hosts.includes(host))
    return [
      {
        path,
        lesson: null,
        message: `is not a host of this Proxmox cluster, which has ${state.hosts.join(", ") || "no host that the token can see"}`,
        fix: "use the name that `hostname` prints on the host",
      },
    ];
  const needed = [
    ...(["import", "snippets"] as const).map((content) => ({
      name: datastoreFor(lab.config.proxmox?.hosts[host], content),
      content,
    })),
    ...lab.nodes.flatMap((node) =>
      node.kind === "vm" && node.vm.host === host
        ? [node.vm.datastore, ...node.vm.disks.map(({ datastore }) => datastore)].map((name) => ({
            name,
            content: "images" as const,
          }))
        : [],
    ),
  ];
  const unique = [...new Map(needed.map((need) => [`${need.name} ${need.content}`, need])).values()];
  const datastores = state.datastores[host] ?? {};
  return unique.flatMap(({ name, content }): Diagnostic[] => {
    const contents = datastores[name];
    if (contents?.includes(content)) return [];
    // The API does not list a datastore that the token cannot see. The missing privilege is already reported.
    if (contents === undefined && lacksPrivileges) return [];
    return [
      {
        path: `${path}.datastores.${name}.content`,
        value: contents?.join(",") ?? "no such datastore on the host",
        lesson: null,
        message: `the datastore does not hold the content type ${content} on the host`,
        fix:
          contents === undefined
            ? "use a datastore that `pvesm status` on the host lists"
            : `run on the host: pvesm set ${name} --content ${[...contents, content].join(",")}`,
      },
    ];
  });
}

/** Explains a failed request: connection, certificate or token. */
function requestDiagnostic(lab: Lab, tokenId: string, error: unknown): Diagnostic {
  const endpoint = { path: "lab:proxmox.endpoint", value: lab.config.proxmox?.endpoint ?? "" };
  if (error instanceof ApiError && error.status === 401)
    return {
      path: "lab:proxmoxApiToken",
      value: tokenId,
      lesson: "C5",
      message: `the host rejects the token: ${error.message}`,
      fix: "set the token as `pveum user token add` printed it, USER@REALM!NAME=UUID; the realm is the user's own, pve in docs/how-to/proxmox.md (list the tokens: pveum user token list USER@REALM)",
    };
  if (error instanceof ApiError)
    return {
      ...endpoint,
      lesson: null,
      message: `the API answers ${error.status}: ${error.message}`,
      fix: "check that the endpoint is the API of a Proxmox VE host, such as https://192.0.2.10:8006",
    };
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER/.test(code))
    return {
      ...endpoint,
      lesson: "C5",
      // Node.js appends advice that applies to Node.js and not to the plugin.
      message: `the certificate is not trusted: ${message.split(";")[0]}`,
      fix: "trust the CA of the host on the machine that runs Pulumi: copy /etc/pve/pve-root-ca.pem from the host and set SSL_CERT_FILE to the copy (docs/how-to/proxmox.md); the endpoint must be a name or address in the certificate",
    };
  return {
    ...endpoint,
    lesson: null,
    message: `the API cannot be reached: ${message || code}`,
    fix: "check the address and port, and that firewalls allow the machine that runs Pulumi to reach port 8006",
  };
}

function summarizePaths(paths: readonly string[]): string {
  const [first = "", ...rest] = paths;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}
