import { componentTypes } from "../../catalog/componentTypes.ts";
import { backupStore } from "../../config/backupStore.ts";
import type { Lab, Node } from "../../config/lab.ts";
import type { Plan, PlanDocument } from "../../plan/plan.ts";

type Resource = PlanDocument["resources"][number];

/** The layers of the cluster from the top of the picture to the bottom, by the module of a component's type. */
const layers = [
  ["apps", "Applications"],
  ["mcp", "MCP servers"],
  ["data", "Databases"],
  ["observability", "Monitoring"],
  ["identity", "Login"],
  ["registry", "Registry"],
  ["tailscale", "Remote access"],
  ["postgres", "PostgreSQL"],
  ["backup", "Backups"],
  ["storage", "Storage"],
  ["network", "Network"],
] as const;

/** Kinds of resources that a layer shows by name: what runs in it. */
const workloads = /^kubernetes:(helm\.sh\/v3:Release|apps\/v1:\w+|postgresql\.cnpg\.io\/v1:Cluster)$/;

const width = 960;
const margin = 16;
const colours = {
  cluster: "#eef4fb",
  layer: "#ffffff",
  chip: "#dbe8f7",
  host: "#f1f1ec",
  server: "#fdf0d5",
  agent: "#e3f3e3",
  network: "#e9e4f5",
  outside: "#f8e5e5",
  line: "#5b6b7b",
} as const;

/** An SVG picture of the lab of a plan: hosts, nodes, networks, the layers of the cluster and the services outside it. */
export function labPicture({ document, lab }: Plan): string {
  if (lab === undefined) throw new Error("a rejected configuration has no picture");
  const shapes: string[] = [];
  let top = margin;
  const place = (height: number, draw: (y: number) => string[]) => {
    shapes.push(...draw(top));
    top += height + margin;
  };

  place(44, (y) => outside(lab, y));
  const rows = layersOf(document.resources).map((layer) => ({ ...layer, lines: wrapped(layer.names) }));
  const clusterHeight = 40 + rows.reduce((sum, { lines }) => sum + layerHeight(lines) + 6, 0) + 6;
  place(clusterHeight, (y) => cluster(lab, rows, y, clusterHeight));
  place(112, (y) => machines(lab, y));
  place(networkHeight(lab), (y) => networks(lab, y));

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#1c2733">`,
    `  <title>${xmlText(`The lab ${lab.config.domain}: ${document.resources.length} resources on ${lab.nodes.length} nodes`)}</title>`,
    `  <rect width="${width}" height="${top}" fill="#ffffff"/>`,
    ...shapes.map((shape) => `  ${shape}`),
    "</svg>",
    "",
  ].join("\n");
}

function outside(lab: Lab, y: number): string[] {
  const boxes = [
    ["Users", `https://SERVICE.${lab.config.domain}`],
    ["Your computer", "Pulumi, this repository"],
    ["Bucket of the state", "outside the lab"],
    ["Bucket of the backups", backupStore(lab).bucket],
  ];
  const each = (width - margin * (boxes.length + 1)) / boxes.length;
  return boxes.flatMap(([title = "", text = ""], index) =>
    box(margin + index * (each + margin), y, each, 44, colours.outside, title, [text]),
  );
}

function cluster({ config }: Lab, rows: readonly (Layer & Lines)[], y: number, height: number): string[] {
  const { version, apiAddress, ingressAddress } = config.cluster;
  const shapes = box(margin, y, width - 2 * margin, height, colours.cluster, "", []);
  shapes.push(
    text(
      margin + 12,
      y + 24,
      `K3s ${version}: API ${apiAddress}, Gateway ${ingressAddress} for *.${config.domain}`,
      "bold",
    ),
  );
  let top = y + 40;
  for (const { title, count, lines } of rows) {
    const each = layerHeight(lines);
    shapes.push(...box(margin + 12, top, width - 2 * margin - 24, each, colours.layer, "", []));
    shapes.push(text(margin + 24, top + 18, title, "bold"));
    shapes.push(text(margin + 24, top + 33, `${count} resources`));
    shapes.push(...lines.flatMap((chips, index) => chipsOf(chips, top + 7 + index * chipStep)));
    top += each + 6;
  }
  return shapes;
}

function machines(lab: Lab, y: number): string[] {
  const hosts = [...new Set(lab.nodes.map(hostOf))].toSorted();
  const each = (width - margin * (hosts.length + 1)) / lab.nodes.length;
  let x = margin;
  return hosts.flatMap((host) => {
    const nodes = lab.nodes.filter((node) => hostOf(node) === host);
    const wide = each * nodes.length;
    const shapes = box(x, y, wide, 112, colours.host, "", []);
    shapes.push(text(x + 12, y + 18, host, "bold"));
    const node = (wide - 12 - 8 * nodes.length) / nodes.length;
    for (const [index, { name, role, address, longhornDisks, ...machine }] of nodes.entries()) {
      const size =
        machine.kind === "vm"
          ? `${machine.vm.cores} cores, ${machine.vm.memoryMiB / 1024} GiB`
          : "existing host";
      const disks = longhornDisks.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
      const lines = [role, address, size, ...(disks > 0 ? [`disks ${disks} GiB`] : [])];
      const colour = role === "server" ? colours.server : colours.agent;
      shapes.push(...box(x + 10 + index * (node + 8), y + 26, node, 80, colour, name, lines));
    }
    x += wide + margin;
    return shapes;
  });
}

function hostOf(node: Node): string {
  return node.kind === "vm" ? `Proxmox host ${node.vm.host}` : "Existing hosts";
}

function networkHeight({ networks }: Lab): number {
  return networks.size * 30 - 6;
}

function networks({ networks }: Lab, y: number): string[] {
  return [...networks.values()].flatMap(({ name, vlan, cidr, gateway }, index) => [
    `<rect x="${margin}" y="${y + index * 30}" width="${width - 2 * margin}" height="24" rx="4" fill="${colours.network}" stroke="${colours.line}"/>`,
    text(margin + 12, y + index * 30 + 16, `Network ${name}: VLAN ${vlan}, ${cidr.text}, gateway ${gateway}`),
  ]);
}

interface Layer {
  readonly title: string;
  readonly count: number;
  readonly names: readonly string[];
}

interface Lines {
  readonly lines: readonly (readonly string[])[];
}

/** The components of the lab that are in the cluster, by module: how many resources, and the names of what runs. */
function layersOf(resources: readonly Resource[]): Layer[] {
  const lab = resources.find(({ type }) => type === componentTypes.lab)?.urn;
  const children = Map.groupBy(resources, ({ parent }) => parent);
  const below = (resource: Resource): Resource[] => [
    resource,
    ...(children.get(resource.urn) ?? []).flatMap(below),
  ];
  const modules = Map.groupBy(children.get(lab ?? null) ?? [], ({ type }) => type.split(":")[1] ?? "");
  return layers.flatMap(([module, title]) => {
    const all = (modules.get(module) ?? []).flatMap(below);
    if (all.length === 0) return [];
    // Each service behind the login has its proxy: one chip for all of them.
    const names = all
      .filter(({ type }) => workloads.test(type))
      .map((resource) => objectName(resource).replace(/^oauth2-proxy-.*/, "oauth2-proxy"));
    return [{ title, count: all.length, names: [...new Set(names)].toSorted() }];
  });
}

/** The name of a workload or of a Helm release in the cluster. */
function objectName({ name, inputs }: Resource): string {
  const { metadata, name: releaseName } = inputs as {
    readonly metadata?: { readonly name?: string };
    readonly name?: string;
  };
  return metadata?.name ?? releaseName ?? name;
}

const chipHeight = 20;
const chipStep = 25;
const chipsLeft = margin + 170;
const chipWidth = (name: string) => Math.ceil(name.length * 7.2) + 14;

/** The names in lines that fit next to the title of a layer. */
function wrapped(names: readonly string[]): string[][] {
  const lines: string[][] = [[]];
  let x = chipsLeft;
  for (const name of names) {
    if (x + chipWidth(name) > width - 2 * margin - 8) {
      lines.push([]);
      x = chipsLeft;
    }
    lines.at(-1)?.push(name);
    x += chipWidth(name) + 6;
  }
  return lines;
}

function layerHeight(lines: readonly unknown[]): number {
  return Math.max(42, lines.length * chipStep + 9);
}

function chipsOf(names: readonly string[], y: number): string[] {
  let x = chipsLeft;
  return names.flatMap((name) => {
    const shapes = [
      `<rect x="${x}" y="${y}" width="${chipWidth(name)}" height="${chipHeight}" rx="10" fill="${colours.chip}"/>`,
      text(x + 7, y + 14, name),
    ];
    x += chipWidth(name) + 6;
    return shapes;
  });
}

function box(
  x: number,
  y: number,
  wide: number,
  height: number,
  colour: string,
  title: string,
  lines: readonly string[],
): string[] {
  return [
    `<rect x="${round(x)}" y="${y}" width="${round(wide)}" height="${height}" rx="6" fill="${colour}" stroke="${colours.line}"/>`,
    ...(title === "" ? [] : [text(x + 10, y + 17, title, "bold")]),
    ...lines.map((line, index) => text(x + 10, y + 33 + index * 14, line)),
  ];
}

function text(x: number, y: number, content: string, weight = "normal"): string {
  const bold = weight === "bold" ? ' font-weight="bold"' : "";
  return `<text x="${round(x)}" y="${y}"${bold}>${xmlText(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function xmlText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
