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

describe("a phase", () => {
  test("prints its title, its result and its time on one line, and the engine's output only into the log", async () => {
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

  test("prints the engine's output when it is verbose", async () => {
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

  test("counts finished resources on a terminal, within its width, and overwrites that line", async () => {
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

  test("says that it failed, and passes the error on", async () => {
    const { report, screen } = open("failed");
    const failure = report.phase(
      "Up",
      () => Promise.reject(new Error("refused")),
      () => "",
    );
    await expect(failure).rejects.toThrow("refused");
    report.close();
    expect(screen()).toMatch(/^ {2}Up +failed +0 s\n$/);
  });
});

test("the log is readable by its owner only and starts empty at each rehearsal", () => {
  const first = open("again");
  first.report.output("old");
  first.report.close();
  const second = open("again");
  second.report.close();
  expect(readFileSync(second.log, "utf8")).toBe("");
  expect(statSync(second.log).mode & 0o777).toBe(0o600);
});

test("claims are printed with their evidence, and a claim that does not hold stands out", () => {
  const { report, screen } = open("claims");
  report.claims([
    { claim: "a second up changes nothing", holds: true, evidence: "574 unchanged" },
    { claim: "nothing is left", holds: false, evidence: "1 machine left" },
  ]);
  report.close();
  expect(screen()).toContain("  yes  a second up changes nothing: 574 unchanged\n");
  expect(screen()).toContain("  NO   nothing is left: 1 machine left\n");
});
