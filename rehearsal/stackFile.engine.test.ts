import { execFile } from "node:child_process";
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import pulumi from "@pulumi/pulumi";
import * as automation from "@pulumi/pulumi/automation/index.js";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { readLab } from "../config/read.ts";
import { fromEngine, parseStackFile, readStackFile, type Source } from "../config/source.ts";
import { agreedFiles, agreedScalars, ambiguousScalars } from "../config/testing/engineReadings.ts";
import { type Cli, findCli, folderOf } from "./cli.ts";
import { openProjectCopy, whyNoLanguageHost } from "./projectCopy.ts";

const folder = mkdtempSync(join(tmpdir(), "homelab-stack-files-"));
const work = join(folder, "work");
const environment = {
  PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
  PULUMI_CONFIG_PASSPHRASE: "only of this test",
  PULUMI_HOME: join(folder, "home"),
  PULUMI_SKIP_UPDATE_CHECK: "true",
};
let cli: Cli;
const run = promisify(execFile);

/** Runs the CLI in the project's folder. @throws Error with the CLI's message. */
async function pulumiCli(...args: string[]): Promise<string> {
  const env = { ...process.env, ...environment, PATH: `${folderOf(cli)}${delimiter}${process.env.PATH}` };
  return (await run(cli.path, [...args, "--non-interactive"], { cwd: work, env })).stdout;
}

/** The texts that the engine reads from a file, by key, without secrets. */
async function engineReads(file: string): Promise<Record<string, string>> {
  const answer = await pulumiCli("config", "--json", "--stack", "it", "--config-file", file);
  const values = JSON.parse(answer) as Record<string, { value?: string; secret: boolean }>;
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, { value, secret }]) => (secret ? [] : [[key, value ?? ""]])),
  );
}

const written = (name: string, text: string) => {
  writeFileSync(join(work, name), text);
  return name;
};

const valuesOf = (config: Record<string, string>) => fromEngine("it", config, () => false).values;

beforeAll(async () => {
  cli = await findCli(console.log);
  for (const path of ["state", "work", "home"]) mkdirSync(join(folder, path));
  written("Pulumi.yaml", "name: lab\nruntime: nodejs\n");
  await pulumiCli("stack", "init", "it");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the CLI on this machine reads as recorded", () => {
  test("unquoted scalars", async () => {
    const all = [...agreedScalars, ...ambiguousScalars];
    const lines = all.map(([text], index) => `  lab:s${index}:\n    v: ${text}\n`);
    const config = await engineReads(written("scalars.yaml", `config:\n${lines.join("")}`));
    const answers = all.map(([text], index) => [
      text,
      JSON.stringify((JSON.parse(config[`lab:s${index}`] ?? "") as { v: unknown }).v),
    ]);
    expect(answers).toEqual(all.map(([text, engine]) => [text, JSON.stringify(JSON.parse(engine))]));
  });

  test.each(agreedFiles)("a file with %s", async (_, text, recorded) => {
    const config = await engineReads(written("file.yaml", text));
    // The CLI shows JSON without the escapes that the program receives.
    expect(valuesOf(config)).toEqual(valuesOf(recorded));
    expect(Object.keys(config).toSorted()).toEqual(Object.keys(recorded).toSorted());
  });
});

/** Values below a key of `config:`, as lines indented by four. `name` makes anchors unique in a file. */
function generated(): fc.Arbitrary<(name: string) => string> {
  const text = fc.oneof(
    fc.string({ maxLength: 16 }),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.string({ unit: fc.constantFrom(..." \n\t:#-?,[{\"'\\&*!|>%@`01e.é😀"), maxLength: 10 }),
    fc.constantFrom(
      "yes",
      "No",
      "on",
      "2026-11-21",
      "0777",
      "1e3",
      "~",
      "null",
      "true",
      "",
      "12:30:45",
      "=",
      "1_0",
    ),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(text, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  const style = fc.record({
    defaultStringType: fc.constantFrom(
      "PLAIN",
      "QUOTE_DOUBLE",
      "QUOTE_SINGLE",
      "BLOCK_LITERAL",
      "BLOCK_FOLDED",
    ),
    collectionStyle: fc.constantFrom("any", "block", "flow"),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 40),
  } as const);
  const structures = fc
    .tuple(tree, style)
    .map(([value, options]) => stringify(value, options).trimEnd().replaceAll("\n", "\n    "))
    .map((lines) => () => `\n    ${lines}`);
  const scalar = fc.constantFrom(...[...agreedScalars, ...ambiguousScalars].map(([written]) => written));
  const merges = fc.array(scalar, { minLength: 4, maxLength: 4 }).map(
    ([a, b, c, d]) =>
      (name: string) =>
        `\n    one: &${name} { x: ${a}, y: ${b} }\n    two: { <<: *${name}, y: ${c} }` +
        `\n    three:\n      <<: [*${name}, { z: ${d}, x: other }]\n    four: [*${name}]`,
  );
  const flows = scalar.map((each) => () => ` { a: ${each}, b: [${each}, x] }`);
  return fc.oneof(
    { weight: 5, arbitrary: structures },
    { weight: 2, arbitrary: merges },
    { weight: 1, arbitrary: flows },
  );
}

/** A file of many generated values. The program reads each value separately. */
function generatedFile(count: number, seed: number): string {
  const entries = fc
    .sample(generated(), { numRuns: count, seed })
    .map((make, index) => `  lab:g${index}:${make(`anchor${index}`)}\n`)
    .filter((entry) => parseStackFile("one", `config:\n${entry}`).diagnostics.length === 0);
  return `# Generated with the seed ${seed}.\nconfig:\n${entries.join("")}`;
}

describe("the program reads a file as the engine does or rejects it,", () => {
  const seed = Number(process.env.FC_SEED ?? Date.now() % 2 ** 31);
  const file = generatedFile(600, seed);

  test(`with generated values, and after the CLI has rewritten them (FC_SEED=${seed})`, async () => {
    const { values, diagnostics } = parseStackFile("generated.yaml", file);
    expect(diagnostics).toEqual([]);
    expect(Object.keys(values).length).toBeGreaterThan(200);
    expect(valuesOf(await engineReads(written("generated.yaml", file)))).toEqual(values);

    await pulumiCli("config", "set", "lab:last", "x", "--stack", "it", "--config-file", "generated.yaml");
    const again = readStackFile(join(work, "generated.yaml"));
    expect(again.diagnostics).toEqual([]);
    expect(again.values).toEqual({ ...values, last: "x" });
    expect(valuesOf(await engineReads("generated.yaml"))).toEqual(again.values);
  });

  test("in the form that the program receives", async () => {
    const text = `${file}  lab:sorted: { z: 1, B: 2, a: 3, "10": 4 }\n`;
    mkdirSync(join(folder, "inline"));
    writeFileSync(join(folder, "inline", "Pulumi.it.yaml"), text);
    mkdirSync(join(folder, "cli", "bin"), { recursive: true });
    symlinkSync(cli.path, join(folder, "cli", "bin", "pulumi"));
    let received: Record<string, string> = {};
    const stack = await automation.LocalWorkspace.selectStack(
      {
        stackName: "it",
        projectName: "lab",
        program: async () => {
          received = { ...pulumi.runtime.allConfig() };
        },
      },
      {
        workDir: join(folder, "inline"),
        envVars: environment,
        pulumiCommand: await automation.PulumiCommand.get({
          root: join(folder, "cli"),
          skipVersionCheck: true,
        }),
      },
    );
    await stack.preview();
    expect(valuesOf(received)).toEqual(parseStackFile("it", text).values);
    expect(received["lab:sorted"]).toBe('{"10":4,"B":2,"a":3,"z":1}');
  });
});

describe("readLab returns the same lab after the CLI has rewritten the file", () => {
  const files = [...globSync("test/fixtures/valid/*.yaml"), ...globSync("Pulumi.*.yaml")];
  const labOf = (source: Source) => readLab("it", source).config;

  test.each(files)("%s", async (path) => {
    const before = labOf(readStackFile(path));
    const stack = basename(path, ".yaml").replace(/^Pulumi\./, "of-");
    const file = join(work, `Pulumi.${stack}.yaml`);
    copyFileSync(path, file);

    await pulumiCli("stack", "init", stack);
    expect(readFileSync(file, "utf8")).toContain("encryptionsalt:");
    expect(labOf(readStackFile(file))).toEqual(before);

    const [node = ""] = Object.keys(before.nodes);
    const set = (...args: string[]) => pulumiCli("config", "set", "--stack", stack, ...args);
    await set("--secret", "lab:backupKey", "K003of0the0test0and0no0other");
    await set("--path", `lab:nodes.${node}.rebuild`, "2027-01-31");
    await set("--path", "--type", "string", `lab:nodes.${node}.labels.rack`, "0777");
    await set("--path", "lab:cluster.revision", "7");
    const after = readStackFile(file);
    const labels = { ...before.nodes[node]?.labels, rack: "0777" };
    expect(labOf(after)).toEqual({
      ...before,
      nodes: { ...before.nodes, [node]: { ...before.nodes[node], rebuild: "2027-01-31", labels } },
      cluster: { ...before.cluster, revision: 7 },
    });
    expect(after.encrypted).toEqual(["backupKey"]);
    expect(readFileSync(file, "utf8")).not.toContain("K003of0the0test");
    for (const [line] of readFileSync(path, "utf8").matchAll(/# .*$/gm))
      expect(readFileSync(file, "utf8"), "comments stay").toContain(line);
  });

  test("and rejects an unquoted date that the CLI has replaced", async () => {
    written("Pulumi.dated.yaml", "config:\n  lab:nodes: { one: { rebuild: 2026-11-21 } }\n");
    await pulumiCli("stack", "init", "dated");
    const { diagnostics } = readStackFile(join(work, "Pulumi.dated.yaml"));
    expect(diagnostics).toMatchObject([
      { path: "lab:nodes.one.rebuild", fix: expect.stringContaining('"2026-11-21"') },
    ]);
  });
});

const noHost = await whyNoLanguageHost();
if (noHost !== undefined) console.warn(`skipped: ${noHost}`);

test.skipIf(noHost !== undefined)(
  "a preview with the real language host rejects an ambiguous file with its line",
  async () => {
    const copy = await openProjectCopy("test/fixtures/valid/minimal.yaml", "fake");
    try {
      copy.edit("Pulumi.homelab.yaml", "\n    revision: 1\n", "\n    revision: 0b1\n");
      const { output } = await copy.pulumi(["preview", "-s", "homelab"]);
      expect(output).toMatch(
        /lab:cluster\.revision = 0b1: in Pulumi\.homelab\.yaml, line \d+, column 15: without quotes it is the number 1/,
      );
      expect(output).not.toContain("at Module");
    } finally {
      copy.close();
    }
  },
);
