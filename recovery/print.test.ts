import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { printFindings } from "./print.ts";

const finding = { artefact: "state", where: "the backend" } as const;

test("prints the page of B5 once for an incomplete recovery kit", () => {
  const printed = stripVTControlCharacters(
    printFindings("lab", [
      { ...finding, outcome: "wrong", says: "is missing", fix: "write it" },
      { ...finding, outcome: "unchecked", says: "was not tried", fix: "try it" },
    ]),
  );
  expect(printed.match(/see docs\/lessons\/B5\.md/g)).toHaveLength(1);
});

test("prints no lesson page for a complete recovery kit", () =>
  expect(printFindings("lab", [{ ...finding, outcome: "valid", says: "is there" }])).not.toContain(
    "docs/lessons",
  ));
