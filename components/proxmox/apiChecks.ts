import semver from "semver";
import { datastoreFor, usedHosts } from "../../config/datastores.ts";
import type { Diagnostic } from "../../config/diagnostic.ts";
import type { Lab, VirtualNode } from "../../config/lab.ts";
import { ApiRefusal, type AskApi } from "./hostApi.ts";
import { missingPrivileges, type Permissions } from "./privileges.ts";

/** Importing a disk image through the API needs it (qemu-server 8.3.9). */
const oldestVersion = "8.4.0";

/** What the API answers about a lab's hosts: the input of `judge`. */
export interface ApiAnswers {
  readonly version: string;
  readonly permissions: Permissions;
  /** Names of the hosts of the Proxmox cluster. */
  readonly hosts: readonly string[];
  /** Content types by datastore, by host. A datastore that the token cannot see is not listed. */
  readonly datastores: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Asks the API of the lab's hosts, by GET requests alone, and returns everything that would fail an `up`. */
export async function apiProblems(lab: Lab, tokenId: string, ask: AskApi): Promise<Diagnostic[]> {
  try {
    return judge(lab, tokenId, await answersOf(lab, ask));
  } catch (error) {
    return [unanswered(lab, tokenId, error)];
  }
}

async function answersOf(lab: Lab, ask: AskApi): Promise<ApiAnswers> {
  // First and alone: without it every other call fails for the same reason.
  const { version } = (await ask("version")) as { version: string };
  const [permissions, nodes] = await Promise.all([ask("access/permissions"), ask("nodes")]);
  const hosts = (nodes as { node: string }[]).map(({ node }) => node);
  const known = usedHosts(lab.config).filter((host) => hosts.includes(host));
  const datastores = await Promise.all(
    known.map(async (host) => {
      const stores = (await ask(`nodes/${host}/storage`)) as { storage: string; content: string }[];
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
 * Refuses an id that another guest has, asked right before a machine is created. The provider sends the creation again when
 * Proxmox answers that the id exists, and takes the second such answer for its own success: it would adopt the other guest.
 */
export async function idProblems(node: VirtualNode, ask: AskApi): Promise<Diagnostic[]> {
  const { id } = node.vm;
  try {
    // It knows every guest of the cluster, also those that the token may not see.
    await ask(`cluster/nextid?vmid=${id}`);
    return [];
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 400) throw error;
  }
  const guests = (await ask("cluster/resources?type=vm")) as { vmid: number; name?: string; node: string }[];
  const owner = guests.find(({ vmid }) => vmid === id);
  const who =
    owner === undefined ? "a guest that the token may not see" : `${owner.name ?? id} on ${owner.node}`;
  return [
    {
      path: `lab:nodes.${node.name}.vm.id`,
      value: String(id),
      lesson: "N2",
      message: `the id is taken by ${who}, and the provider would adopt that guest as ${node.name}`,
      fix: "write an id that is free in the Proxmox cluster; where the guest is this machine and only the state is lost, import it (docs/runbooks/state-lost.md)",
    },
  ];
}

/** Compares a host with what the lab needs of it. */
export function judge(lab: Lab, tokenId: string, answers: ApiAnswers): Diagnostic[] {
  const version = semver.coerce(answers.version);
  if (version === null || semver.lt(version, oldestVersion))
    return [
      {
        path: "lab:proxmox.endpoint",
        value: lab.config.proxmox?.endpoint ?? "",
        lesson: null,
        message: `runs Proxmox VE ${answers.version}, which cannot import a disk image through the API`,
        fix: `upgrade the host to Proxmox VE ${oldestVersion.replace(/\.0$/, "")} or later`,
      },
    ];
  const missing = missingPrivileges(lab, answers.permissions);
  return [
    ...missing.map(
      ({ privilege, paths }): Diagnostic => ({
        path: "lab:proxmoxApiToken",
        value: tokenId,
        lesson: "C5",
        message: `lacks the privilege ${privilege.name} on ${listed(paths)}, which Proxmox requires for ${privilege.for}`,
        fix: `give the role the privilege (pveum role modify Homelab --append --privs ${privilege.name}), and the user the role on that path; docs/how-to/proxmox.md has all of both`,
      }),
    ),
    ...usedHosts(lab.config).flatMap((host) => hostProblems(lab, host, answers, missing.length > 0)),
  ];
}

function hostProblems(lab: Lab, host: string, answers: ApiAnswers, lacksPrivileges: boolean): Diagnostic[] {
  const path = `lab:proxmox.hosts.${host}`;
  if (!answers.hosts.includes(host))
    return [
      {
        path,
        lesson: null,
        message: `is not a host of this Proxmox cluster, which has ${answers.hosts.join(", ") || "no host that the token may see"}`,
        fix: "name the host as `hostname` on it prints it",
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
  const once = [...new Map(needed.map((need) => [`${need.name} ${need.content}`, need])).values()];
  const datastores = answers.datastores[host] ?? {};
  return once.flatMap(({ name, content }): Diagnostic[] => {
    const contents = datastores[name];
    if (contents?.includes(content)) return [];
    // A datastore that the token may not see is not listed: the missing privilege is reported already.
    if (contents === undefined && lacksPrivileges) return [];
    return [
      {
        path: `${path}.datastores.${name}.content`,
        value: contents?.join(",") ?? "no such datastore on the host",
        lesson: null,
        message: `the datastore does not hold the content type ${content} on the host`,
        fix:
          contents === undefined
            ? "name a datastore that `pvesm status` on the host lists"
            : `run on the host: pvesm set ${name} --content ${[...contents, content].join(",")}`,
      },
    ];
  });
}

/** Why nothing could be asked: the connection, the certificate or the token. */
function unanswered(lab: Lab, tokenId: string, error: unknown): Diagnostic {
  const endpoint = { path: "lab:proxmox.endpoint", value: lab.config.proxmox?.endpoint ?? "" };
  if (error instanceof ApiRefusal && error.status === 401)
    return {
      path: "lab:proxmoxApiToken",
      value: tokenId,
      lesson: "C5",
      message: `the host refuses the token: ${error.message}`,
      fix: "set the token as `pveum user token add` printed it, USER@REALM!NAME=UUID; the realm is the user's own, pve in docs/how-to/proxmox.md (list the tokens: pveum user token list USER@REALM)",
    };
  if (error instanceof ApiRefusal)
    return {
      ...endpoint,
      lesson: null,
      message: `the API answers ${error.status}: ${error.message}`,
      fix: "check that the endpoint is the API of a Proxmox VE host, such as https://10.88.140.164:8006",
    };
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER/.test(code))
    return {
      ...endpoint,
      lesson: "C5",
      // Node.js appends advice about itself, which the plugin would not follow.
      message: `the certificate is not trusted: ${message.split(";")[0]}`,
      fix: "trust the authority of the host where Pulumi runs: copy /etc/pve/pve-root-ca.pem from it and set SSL_CERT_FILE to the copy (docs/how-to/proxmox.md); the endpoint must be a name or address in the certificate",
    };
  return {
    ...endpoint,
    lesson: null,
    message: `the API cannot be reached: ${message || code}`,
    fix: "check the address and port, and that a firewall lets the machine that runs Pulumi reach port 8006",
  };
}

function listed(paths: readonly string[]): string {
  const [first = "", ...rest] = paths;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}
