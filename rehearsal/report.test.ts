import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { Report } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const engineLines = [
  " +  pulumi:pulumi:Stack lab-it creating (0s)",
  " +  random:index:RandomPassword one creating (0s)",
  " +  random:index:RandomPassword one created (0.01s)",
  " ++ command:remote:Command two created replacement (0.2s)",
  " +  command:remote:Command three created (12.5s)",
  "",
].join("\n");

function open(name: string, options: { verbose?: boolean; isTTY?: boolean; columns?: number } = {}) {
  const { verbose = false, ...terminal } = options;
  const written: string[] = [];
  const log = join(folder, "below", `${name}.log`);
  const report = new Report({ write: (text) => written.push(text), ...terminal }, log, verbose);
  return { report, log, screen: () => stripVTControlCharacters(written.join("")), written };
}

const run = async (report: Report) => {
  report.output(engineLines);
  return 3;
};

describe("Report.phase", () => {
  test("prints title, result and duration on one line, and writes the engine's output to the log only", async () => {
    const { report, log, screen } = open("quiet");
    expect(
      await report.phase(
        "Up",
        () => run(report),
        (count) => `${count} created`,
      ),
    ).toBe(3);
    report.close();
    expect(screen()).toMatch(/^ {2}Up +3 created +0 s\n$/);
    expect(readFileSync(log, "utf8")).toBe(`== Up\n${engineLines}`);
    expect(report.engineOutput).toBe(engineLines);
  });

  test("prints the engine's output with --verbose", async () => {
    const { report, screen } = open("verbose", { verbose: true });
    await report.phase(
      "Up",
      () => run(report),
      () => "",
    );
    report.close();
    expect(screen()).toContain("== Up\n");
    expect(screen()).toContain(engineLines);
  });

  test("shows the count of finished resources on a terminal in one line of its width", async () => {
    const { report, written } = open("terminal", { isTTY: true, columns: 60 });
    await report.phase(
      "Up",
      () => run(report),
      () => "done",
    );
    report.close();
    const progress = written.filter((text) => text.includes("…"));
    expect(progress.at(-1)).toContain("2 resources …");
    for (const text of progress) expect(stripVTControlCharacters(text).length).toBeLessThan(61);
    expect(written.at(-2)).toBe("\r\u001b[K");
  });

  test("reports a failure with the pages of the lessons that the error names, and rethrows it", async () => {
    const { report, screen } = open("failed");
    const failure = report.phase(
      "Up",
      () => Promise.reject(new Error("refused (K4)\nalso (K4) and (S3), not (X9)")),
      () => "",
    );
    await expect(failure).rejects.toThrow("refused");
    report.close();
    expect(screen()).toMatch(/^ {2}Up +failed +0 s\n {4}see docs\/lessons\/K4\.md, docs\/lessons\/S3\.md\n$/);
  });
});

test("the log file is readable by its owner only, and each rehearsal truncates it", () => {
  const first = open("again");
  first.report.output("old");
  first.report.close();
  const second = open("again");
  second.report.close();
  expect(readFileSync(second.log, "utf8")).toBe("");
  expect(statSync(second.log).mode & 0o777).toBe(0o600);
});

test("prints each claim with its evidence, and marks claims that do not hold", () => {
  const { report, screen } = open("claims");
  report.claims([
    { claim: "a second up changes nothing", holds: true, evidence: "574 unchanged" },
    { claim: "destroy deletes every machine", holds: false, evidence: "1 machine left" },
  ]);
  report.close();
  expect(screen()).toContain("  yes  a second up changes nothing: 574 unchanged\n");
  expect(screen()).toContain("  NO   destroy deletes every machine: 1 machine left\n");
});
