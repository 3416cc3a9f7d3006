import { isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";

/** A stack file with other values, and the fields whose value an owner cannot choose freely. */
export interface EditedStackFile {
  readonly text: string;
  readonly unchanged: readonly string[];
}

/** Maps whose keys are names that the owner chooses. */
const named = /^(networks|reserved|nodes|proxmox\.hosts|proxmox\.hosts\.[^.]+\.datastores)$/;

/** Fields that refer to one of those names. */
const references = /\.(network|upstream|host|datastore|node|movedFrom)$|^ingress\.bgp\.nodes\.\d+$/;

/** How much larger a number becomes: enough for the larger machines and disks to fit on the larger hosts. */
const increments: readonly (readonly [field: RegExp, by: number])[] = [
  [/^proxmox\.hosts\.[^.]+\.threads$/, 12],
  [/^proxmox\.hosts\.[^.]+\.memoryGiB$/, 64],
  [/\.datastores\.[^.]+\.sizeGiB$/, 1000],
  [/\.vm\.id$/, 1000],
  [/\.vm\.memoryGiB$/, 2],
  [/\.coreOvercommit$/, 0.5],
  [/(\.vlan|\.cores|\.sizeGiB|\.systemDiskGiB|\.reservedMemoryGiB|\.reservePercent|\.revision)$/, 1],
  [/^(storage\.replicas)$/, -1],
];

const texts: readonly (readonly [field: RegExp, edit: (text: string) => string])[] = [
  [/^domain$/, () => "edited.example.org"],
  [/^proxmox\.image\.url$/, () => "https://images.example.org/20270101/debian-13-genericcloud-amd64.qcow2"],
  [/^backup\.endpoint$/, () => "https://s3.xx-north-042.example.org"],
  [/^backup\.region$/, () => "xx-north-042"],
  [/^cluster\.kubeletDirectory$/, () => "/var/lib/rancher/k3s/agent/kubelet"],
  [/^cluster\.kubeconfigRotation$/, () => "2031-Q1"],
  [
    /(c|archiveC)hecksum$/,
    (text) => text.replace(/[0-9a-f]+$/i, (digits) => [...digits].toReversed().join("")),
  ],
  [/(^ssh\.user|\.snippetUser|^backup\.bucket|\.email)$/, (text) => `edited-${text}`],
  [/(\.bridge|\.bridges\.\d+)$/, () => "vmbr77"],
  [/\.disks\.\d+\.(name|serial)$/, (text) => `e${text}`],
];

/**
 * Changes every value of a stack file that an owner may choose: names, addresses, sizes, numbers. The result is a valid
 * stack file, and no test may depend on the values that it no longer has.
 */
export function editStackFile(text: string): EditedStackFile {
  const document = parseDocument(text);
  const unchanged: string[] = [];
  const edit = (node: unknown, path: string): void => {
    if (isMap(node))
      for (const { key, value } of node.items) {
        const name = String((key as { value: unknown }).value).replace(/^lab:/, "");
        if (named.test(path)) (key as { value: unknown }).value = renamed(name);
        if (path === "cluster.registryConfigs") (key as { value: unknown }).value = moved(name);
        edit(value, path === "" ? name : `${path}.${name}`);
      }
    else if (isSeq(node)) for (const [index, item] of node.items.entries()) edit(item, `${path}.${index}`);
    else if (isScalar(node)) {
      const value = edited(path, node.value);
      if (value === node.value) unchanged.push(path);
      else node.value = value;
    }
  };
  edit(document.get("config") as Node, "");
  return { text: document.toString({ lineWidth: 0 }), unchanged };
}

const renamed = (name: string) => `other-${name}`;

/** Every address and CIDR moves by the second octet, so that their order and distance stay. */
const moved = (text: string) =>
  text.replace(
    /\b(\d+)\.(\d+)\.(\d+)\.(\d+)\b/g,
    (_, first, second, third, fourth) => `${first}.${(Number(second) + 100) % 256}.${third}.${fourth}`,
  );

function edited(path: string, value: unknown): unknown {
  if (typeof value === "number") {
    // A slot from 1 to 9.
    if (path.endsWith(".slot")) return 10 - value;
    const [, by] = increments.find(([field]) => field.test(path)) ?? [];
    return by === undefined ? value : value + by;
  }
  if (typeof value !== "string" || path.startsWith("pulumi:")) return value;
  const [, change] = texts.find(([field]) => field.test(path)) ?? [];
  if (change !== undefined) return change(value);
  if (references.test(path) && value !== "internet") return renamed(value);
  return moved(value);
}
