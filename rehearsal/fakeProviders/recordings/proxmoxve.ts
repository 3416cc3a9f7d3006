import { virtualMachineType } from "../../../catalog/resourceTypes.ts";
import { userData } from "../../../components/proxmox/cloudInit.ts";
import { machineArgs } from "../../../components/proxmox/machineArgs.ts";
import type { Lab, VirtualNode } from "../../../config/lab.ts";
import type { Properties } from "../fakeProvider.ts";
import type { Lifecycle, Scrub } from "./recording.ts";

const file = "proxmoxve:download/file:File";
const snippet = "proxmoxve:index/fileLegacy:FileLegacy";
const machine = virtualMachineType;

/** Parts that the recorded resources need in addition to the lab. */
export interface ProxmoxParts {
  readonly lab: Lab;
  /** Key pair of the nodes, for their user data. */
  readonly hostPrivateKey: string;
  readonly hostPublicKey: string;
}

/** Every form in which the program uses the Proxmox provider, and the rejections that it relies on. */
export function proxmoxveLifecycles({
  lab,
  hostPrivateKey,
  hostPublicKey,
}: ProxmoxParts): readonly Lifecycle[] {
  const { proxmox } = lab.config;
  if (proxmox === undefined) throw new Error("the lab has no lab:proxmox");
  const image = (fileName: string): Properties => ({
    nodeName: "pve",
    datastoreId: "local",
    contentType: "import",
    url: proxmox.image.url,
    fileName,
    checksum: proxmox.image.checksum,
    checksumAlgorithm: "sha512",
    overwrite: false,
  });
  const userDataOf = (hostname: string, user = "lab"): Properties => ({
    nodeName: "pve",
    datastoreId: "local",
    contentType: "snippets",
    uploadMode: "sftp",
    fileMode: "0600",
    sourceRaw: {
      fileName: `${hostname}-user-data.yaml`,
      data: userData({ hostname, user, authorizedKeys: [hostPublicKey], hostPrivateKey, hostPublicKey }),
    },
  });
  const vm = (name: string, change: Properties = {}): Properties => {
    const node = lab.nodes.find((one) => one.name === name) as VirtualNode;
    const args = machineArgs(lab, node);
    return {
      ...args,
      disks: args.disks.map((disk, index) =>
        index === 0 ? { ...disk, importFrom: "local:import/debian.qcow2" } : disk,
      ),
      initialization: { ...args.initialization, userDataFileId: "local:snippets/node-user-data.yaml" },
      ...change,
    };
  };
  const unprotected = { protection: false };
  const worker = vm("four", unprotected);
  const larger = worker.disks.map((disk: Properties, index: number) =>
    index === 0 ? { ...disk, size: 90 } : disk,
  );
  return [
    { name: "an image", type: file, inputs: image("debian.qcow2"), keep: true },
    {
      name: "an image to delete",
      type: file,
      inputs: image("other.qcow2"),
      changes: {
        "another checksum": { inputs: { checksum: "f".repeat(128) } },
        "another datastore": { inputs: { datastoreId: "fast" } },
      },
    },
    { name: "a snippet", type: snippet, inputs: userDataOf("node"), keep: true },
    {
      name: "a snippet to delete",
      type: snippet,
      inputs: userDataOf("other"),
      changes: { "another account": { inputs: { sourceRaw: userDataOf("other", "owner").sourceRaw } } },
    },
    {
      name: "a worker",
      type: machine,
      inputs: worker,
      changes: {
        "more memory": { inputs: { memory: { dedicated: 18432, floating: 0 } }, update: true },
        "another host": { inputs: { nodeName: "pve2" } },
        "another id": { inputs: { vmId: 214 } },
        protection: { inputs: { protection: true } },
      },
    },
    {
      name: "a worker whose disk grows",
      type: machine,
      inputs: worker,
      changes: { "a larger disk": { inputs: { disks: larger }, update: true } },
    },
    { name: "a protected server", type: machine, inputs: vm("one") },
    { name: "a machine whose id is in use", type: machine, inputs: vm("one") },
    {
      name: "a machine on a datastore for other content",
      type: machine,
      inputs: {
        ...vm("two", unprotected),
        disks: vm("two").disks.map((disk: Properties) => ({ ...disk, datastoreId: "local" })),
      },
    },
  ];
}

/** Values that differ between runs. */
export const proxmoxveScrub =
  ({ hostPrivateKey, hostPublicKey }: ProxmoxParts): Scrub =>
  (value, path) => {
    if (path.at(-1) === "data" && typeof value === "string")
      return `<user data for the account ${/- name: (\w+)/.exec(value)?.[1]}>`;
    if (typeof value !== "string") return value;
    // The bridge's own fields, which no code reads.
    if (path.at(-1) === "refused") return value.replace(/^(deleting|updating) urn:\S+: /, "");
    if (path.at(-1) === "__meta") return "<private state>";
    return value.replaceAll(hostPrivateKey, "<private key>").replaceAll(hostPublicKey, "<public key>");
  };
