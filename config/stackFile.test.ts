import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fromEngine, parseStackFile, readStackFile, withFileProblems } from "./source.ts";
import { agreedFiles, refusedFiles } from "./testing/engineReadings.ts";

const folder = mkdtempSync(join(tmpdir(), "homelab-stack-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const written = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe("the reader of stack files agrees with the engine", () => {
  test.each(agreedFiles)("on %s", (_, file, engine) => {
    const { values, diagnostics } = parseStackFile("Pulumi.x.yaml", file);
    expect(diagnostics).toEqual([]);
    expect(values).toEqual(fromEngine("x", engine, () => false).values);
  });

  test("on an encrypted secret, which it reads as set, without its value", () =>
    expect(
      parseStackFile(
        "x.yaml",
        "config:\n  lab:backupKey:\n    secure: v1:abc\n  backupKeyId: { secure: v1:d }\n",
      ),
    ).toMatchObject({ encrypted: ["backupKey", "backupKeyId"], diagnostics: [] }));

  test("on UTF-8 with a byte order mark, and rejects any other encoding", () => {
    const text = "config:\n  lab:a: é\n";
    expect(readStackFile(written("bom.yaml", `\uFEFF${text}`)).values).toEqual({ a: "é" });
    expect(readStackFile(written("latin1.yaml", Buffer.from(text, "latin1"))).diagnostics).toMatchObject([
      { path: "", message: "is not UTF-8 text" },
    ]);
    const utf16 = readStackFile(written("utf16.yaml", Buffer.from(`\uFEFF${text}`, "utf16le")));
    expect(utf16.diagnostics).toMatchObject([{ path: "", message: "is not UTF-8 text" }]);
  });
});

describe("the reader of stack files rejects what the engine reads differently, with position and fix:", () => {
  test.each(refusedFiles)("%s", (_, file, words) => {
    const { diagnostics } = parseStackFile("Pulumi.x.yaml", file);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.message).toContain(words);
    expect(diagnostics[0]?.fix.length).toBeGreaterThan(10);
  });

  test("each ambiguous scalar, with its own path and value", () => {
    const { diagnostics } = parseStackFile(
      "Pulumi.x.yaml",
      "config:\n  lab:a:\n    - b: 0777\n      c: [1, 1_000]\n  d: 2026-11-21\n",
    );
    expect(diagnostics.map(({ path, value }) => `${path} = ${value}`)).toEqual([
      "lab:a[0].b = 0777",
      "lab:a[0].c[1] = 1_000",
      "lab:d = 2026-11-21",
    ]);
  });

  test("faults of secret fields and URLs, without showing the secret (C5)", () => {
    const shown = [
      "config:\n  lab:a: { password: 0777 }\n",
      "config:\n  lab:a: { url: https://me:0777@x.example/?b }\n",
      "config:\n  lab:backupKeyId: 0777\n",
      "config:\n  lab:a: b\n 0777: }\n",
    ].map((file) => JSON.stringify(parseStackFile("x.yaml", file).diagnostics));
    for (const diagnostics of shown) {
      expect(diagnostics).not.toBe("[]");
      expect(diagnostics).not.toContain("0777");
    }
  });

  test("aliases that multiply, within a limit of values", () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) =>
        `  l${level}: &l${level} [${Array(9)
          .fill(level === 0 ? "x" : `*l${level - 1}`)
          .join(", ")}]`,
    );
    const { diagnostics } = parseStackFile(
      "x.yaml",
      `laughs:\n${levels.join("\n")}\nconfig:\n  lab:a: *l19\n`,
    );
    expect(diagnostics).toMatchObject([
      { path: "", message: expect.stringContaining("expands to more than") },
    ]);
  });

  test("a file that is nested too deeply", () =>
    expect(parseStackFile("x.yaml", `config:\n  lab:a: ${"[".repeat(50_000)}\n`).diagnostics).not.toEqual(
      [],
    ));
});

test("reads or rejects any text without throwing", () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          "config:",
          "\n  lab:a",
          ": ",
          "\n",
          "  ",
          "- ",
          "{",
          "}",
          "[",
          "]",
          ",",
          "&a ",
          "*a",
          "<<: ",
          "|",
          ">",
          "'",
          '"',
          "#",
          "? ",
          "!!str ",
          "0777",
          "\\",
          "é",
          "\t",
          "%",
          "---\n",
        ),
        { maxLength: 24 },
      ),
      (pieces) => {
        const { diagnostics } = parseStackFile("x.yaml", pieces.join(""));
        for (const { message, fix } of diagnostics) expect(message.length * fix.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 2000 },
  ));

describe("the program under the engine", () => {
  const handed = (config: Record<string, string>) => fromEngine("x", config, () => false);

  test("reports ambiguous values of the file, which the engine resolves without a warning", () => {
    const file = written("Pulumi.x.yaml", "config:\n  lab:a: { b: 0777 }\n  lab:c: d\n");
    const { diagnostics } = withFileProblems(handed({ "lab:a": '{"b":511}', "lab:c": "d" }), file);
    expect(diagnostics).toMatchObject([
      {
        path: "lab:a.b",
        message: expect.stringMatching(/^in Pulumi\.x\.yaml, line 2, column 15: .*number 511/),
      },
    ]);
  });

  test("reports a timestamp once, with the value of the engine", () => {
    const file = written("Pulumi.y.yaml", "config:\n  lab:a: { b: 2026-11-21 }\n");
    const { diagnostics } = withFileProblems(
      handed({ "lab:a": '{"b":"2026-11-21 00:00:00 +0000 UTC"}' }),
      file,
    );
    expect(diagnostics).toMatchObject([{ path: "lab:a.b", fix: expect.stringContaining('"2026-11-21"') }]);
  });

  test("reports nothing for a missing file, and for a file that the engine did not read", () => {
    const file = written("Pulumi.z.yaml", "config:\n  lab:a: { b: 0777 }\n  lab:c: d\n");
    expect(withFileProblems(handed({ "lab:c": "e" }), file).diagnostics).toEqual([]);
    expect(withFileProblems(handed({ "lab:c": "d" }), join(folder, "Pulumi.none.yaml")).diagnostics).toEqual(
      [],
    );
  });
});
