import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { makePlan, type Plan } from "../../plan/plan.ts";
import { printPlan } from "../../plan/print.ts";
import { program } from "../../rehearsal/program.ts";
import { labPicture } from "./labPicture.ts";
import { referenceFile, referenceSource } from "./referenceLab.ts";

/** The README and its picture, from plans of the reference lab, by their files relative to docs/. */
export async function readme(): Promise<Record<string, string>> {
  const source = referenceSource();
  const plan = await makePlan("homelab", source, program);
  const rejected = await makePlan("homelab", withAddressOutsideItsNetwork(source), program);
  const command = `$ npm run plan -- --config ${referenceFile}`;
  const parts = {
    plan: [command, ...planExcerpt(plan)],
    rejection: printed(rejected).split("\n"),
  };
  let text = readFileSync("README.md", "utf8");
  for (const [part, lines] of Object.entries(parts)) text = replaced(text, part, lines);
  return { "lab.svg": labPicture(plan), "../README.md": text };
}

/** A page with the block of code between the two comments of a part replaced. @throws Error if they are missing */
export function replaced(page: string, part: string, lines: readonly string[]): string {
  const block = new RegExp(`(<!-- ${part} -->\n)[\\s\\S]*?(<!-- end of ${part} -->)`);
  if (!block.test(page)) throw new Error(`README.md has no block ${part}`);
  return page.replace(block, (_, begin: string, end: string) =>
    [begin.trimEnd(), "```text", ...lines, "```", end].join("\n"),
  );
}

/** The first lines of the sections that fit into a README: tree, capacity of the hosts, timeline, policies. */
function planExcerpt(plan: Plan): string[] {
  const shown: readonly (readonly [RegExp, number])[] = [
    [/: \d+ resources$/, 11],
    [/\(C3\)$/, 8],
    [/^Timeline/, 1],
    [/^Policies$/, 4],
  ];
  const sections = printed(plan).split("\n\n");
  const excerpt = shown.flatMap(([title, length]) => {
    const [first = "", ...body] =
      sections.find((section) => title.test(firstLine(section)))?.split("\n") ?? [];
    if (first === "") throw new Error(`the plan has no section ${title}`);
    const cut = body.length > length ? [...body.slice(0, length), "…"] : body;
    return [first, ...cut, ""];
  });
  return excerpt.slice(0, -1);
}

/** The output of `npm run plan`, without colours. */
function printed(plan: Plan): string {
  return stripVTControlCharacters(printPlan(plan)).trimEnd();
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** The reference lab with its first agent at an address of the management network: rule N1 rejects it. */
function withAddressOutsideItsNetwork(source: ReturnType<typeof referenceSource>): typeof source {
  const values = structuredClone(source.values) as {
    readonly nodes: Record<string, { role: string; address: string }>;
    readonly proxmox: { readonly hosts: Record<string, { readonly address: string }> };
  };
  const agent = Object.values(values.nodes).find(({ role }) => role === "agent");
  const [host] = Object.values(values.proxmox.hosts);
  if (agent === undefined || host === undefined) throw new Error(`${referenceFile} has no agent or no host`);
  agent.address = host.address.replace(/\d+$/, "77");
  return { ...source, values };
}
