import { describe, expect, test } from "vitest";
import { ConfigurationRefused, type Diagnostic, formatDiagnostics } from "./diagnostic.ts";

const wrong = (path: string, lesson: Diagnostic["lesson"]): Diagnostic => ({
  path,
  lesson,
  message: "is wrong",
  fix: "write another",
});

describe("formatDiagnostics", () => {
  test("names the page of each lesson once, after the last diagnostic", () =>
    expect(
      formatDiagnostics([
        wrong("lab:a", "N2"),
        wrong("lab:b", null),
        wrong("lab:c", "C1"),
        wrong("lab:d", "N2"),
      ])
        .split("\n")
        .at(-1),
    ).toBe("see docs/lessons/N2.md, docs/lessons/C1.md"));

  test("names no page where no diagnostic has a lesson", () =>
    expect(formatDiagnostics([wrong("lab:a", null)])).toBe("lab:a: is wrong\n  fix: write another"));
});

test("ConfigurationRefused ends its message with the pages of the lessons", () => {
  const { message } = new ConfigurationRefused("Pulumi.lab.yaml", [wrong("lab:a", "S3")]);
  expect(message).toBe(
    "Pulumi.lab.yaml is refused: 1 problem\n\nlab:a: is wrong (S3)\n  fix: write another\n\nsee docs/lessons/S3.md",
  );
});
