import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lab } from "../config/lab.ts";
import { contains, parseAddress } from "../config/ranges.ts";
import { type Finding, type Judgement, unchecked, valid, wrong } from "./finding.ts";
import { type ExportedStack, outputOf, type Pulumi, PulumiFailed, parseExport } from "./pulumi.ts";

/** Where the state must not be: it would be lost with the lab, or with the checkout. */
export function judgePlace(url: string, lab: Pick<Lab, "networks" | "config">): Judgement {
  const move =
    "move it: pulumi stack export > FILE, pulumi login ELSEWHERE, pulumi stack init, pulumi stack import < FILE";
  if (url.startsWith("file://")) {
    const path = fileURLToPath(url.replace(/\?.*$/, ""));
    const checkout = fileURLToPath(new URL("..", import.meta.url));
    return relative(checkout, path).startsWith("..")
      ? valid("on this machine's disk: keep a copy elsewhere")
      : wrong("it is inside the checkout, and is lost with it", move);
  }
  const host = hostOf(url);
  const address = parseAddress(host);
  const network = [...lab.networks.values()].find(
    ({ cidr }) => address !== undefined && contains(cidr.range, address),
  );
  if (network !== undefined) return wrong(`${host} is in the lab's own network ${network.name}`, move);
  if (host === lab.config.domain || host.endsWith(`.${lab.config.domain}`))
    return wrong(`${host} is in the lab's own domain`, move);
  return valid("outside the lab");
}

/** The host of a backend's URL; for a bucket it is a parameter. */
function hostOf(url: string): string {
  const parsed = new URL(url);
  const endpoint = parsed.searchParams.get("endpoint");
  const name = endpoint ?? parsed.host;
  return new URL(name.includes("://") ? name : `https://${name}`).hostname;
}

/** A failure as a result, with the fix for known causes. */
export function judgeFailure(error: PulumiFailed, otherwise: string): Judgement {
  const { message } = error;
  if (/incorrect passphrase/.test(message))
    return wrong(
      "it is wrong",
      "find the one of the stack; docs/runbooks/state-lost.md says what must be created again without it",
    );
  if (/passphrase must be set/.test(message))
    return wrong("it is not set", "set PULUMI_CONFIG_PASSPHRASE_FILE to a file that contains it");
  return wrong(message, otherwise);
}

export interface StateChecked {
  readonly findings: readonly Finding[];
  /** The stack, with its secrets where they could be decrypted. */
  readonly stack: ExportedStack | undefined;
}

/** Connects to the backend, exports the stack and decrypts it. */
export async function checkState(pulumi: Pulumi, lab: Lab): Promise<StateChecked> {
  let where = "pulumi whoami";
  try {
    where = (await pulumi.backend()).replace(/\/\/[^/@\s]+@/, "//…@");
    const { resources } = parseExport(await pulumi.exportText());
    const place = judgePlace(where, lab);
    const state: Judgement =
      resources.length === 0
        ? wrong(
            `the stack ${lab.stack} is empty`,
            "log in to the backend of the lab: pulumi login; or docs/runbooks/state-lost.md",
          )
        : { ...place, says: `${resources.length} resources, ${place.says}` };
    const findings: Finding[] = [{ artefact: "state", where, ...state }];
    try {
      const stack = await pulumi.decrypted();
      return {
        stack,
        findings: [
          ...findings,
          { artefact: "passphrase", where: "the state", ...valid("every secret of the state can be read") },
        ],
      };
    } catch (error) {
      if (!(error instanceof PulumiFailed)) throw error;
      const judgement = judgeFailure(error, "provide the credentials of the stack's secrets provider");
      return {
        stack: undefined,
        findings: [...findings, { artefact: "passphrase", where: "the state", ...judgement }],
      };
    }
  } catch (error) {
    if (!(error instanceof PulumiFailed)) throw error;
    const fix =
      "pulumi login, with the credentials of the backend; if it is lost: docs/runbooks/state-lost.md";
    return { stack: undefined, findings: [{ artefact: "state", where, ...wrong(error.message, fix) }] };
  }
}

/** Restores a copy into an empty backend and decrypts its secrets: only that proves a copy. */
export async function checkCopy(
  pulumi: Pulumi,
  { copy, file }: { readonly copy: string; readonly file: string },
  current: ExportedStack | undefined,
): Promise<StateChecked> {
  const found = { artefact: "stateCopy", where: copy } as const;
  const save = "write a new one: npm run kit -- --save FILE";
  try {
    parseExport(readFileSync(copy, "utf8"));
    const stack = await pulumi.elsewhere(file, copy, (other) => other.decrypted());
    return { stack, findings: [{ ...found, ...judgeCopy(stack, current, save) }] };
  } catch (error) {
    const says = error instanceof PulumiFailed ? error : undefined;
    if (says === undefined && (error as NodeJS.ErrnoException).code === undefined) throw error;
    const judgement =
      says === undefined
        ? wrong("the file cannot be read", "name a file that --save wrote")
        : judgeFailure(says, save);
    return { stack: undefined, findings: [{ ...found, ...judgement }] };
  }
}

/** A copy is as good as the state if it has as many resources and the same token. */
export function judgeCopy(copy: ExportedStack, current: ExportedStack | undefined, save: string): Judgement {
  const of = `of ${copy.manifest.time.slice(0, 10)}, ${copy.resources.length} resources, restored and read`;
  if (copy.resources.length === 0) return wrong("it is a copy of an empty stack", save);
  if (current === undefined) return valid(of);
  if (outputOf(copy, "clusterToken") !== outputOf(current, "clusterToken"))
    return wrong("its K3s token differs from the lab's", save);
  return copy.manifest.time === current.manifest.time
    ? valid(of)
    : wrong(
        `${of}; the state is of ${current.manifest.time.slice(0, 10)}, with ${current.resources.length}`,
        save,
      );
}

/** A secret that only the state holds. */
export function judgeOutput(stack: ExportedStack | undefined, name: string): Judgement {
  if (stack === undefined) return unchecked("no state could be read, and no copy: see above");
  return outputOf(stack, name) === undefined
    ? wrong(
        `the stack has no output ${name}`,
        "pulumi up writes it; a state from before a rebuild is not that of the lab",
      )
    : valid("it is there");
}

/**
 * Writes the stack as its backend stores it, secrets encrypted, readable by its owner only. Never overwrites
 * a file.
 */
export async function saveCopy(pulumi: Pulumi, file: string): Promise<void> {
  const text = await pulumi.exportText();
  parseExport(text);
  try {
    writeFileSync(file, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`${file} is there already, and a copy is never overwritten\n  fix: name a new file`);
  }
}
