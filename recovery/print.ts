import { styleText } from "node:util";
import Table from "cli-table3";
import { lessonPage } from "../catalog/lessons.ts";
import { artefacts } from "./artefacts.ts";
import type { Finding } from "./finding.ts";

const marks = {
  valid: styleText("green", "ok"),
  wrong: styleText("red", "missing"),
  unchecked: styleText("yellow", "not checked"),
} as const;

/** The kit for people: the table, then the fix for each thing that is missing. */
export function printFindings(stack: string, findings: readonly Finding[]): string {
  const table = new Table({
    head: ["what", "where", "", "what was found"],
    style: { head: [], border: [], compact: true },
    colWidths: [30, 34, 13, 60],
    wordWrap: true,
  });
  for (const { artefact, where, outcome, says } of findings)
    table.push([artefacts[artefact].what, where, marks[outcome], says]);
  const count = (outcome: Finding["outcome"]) =>
    findings.filter((finding) => finding.outcome === outcome).length;
  const fixes = findings.flatMap(({ artefact, outcome, says, fix }) =>
    outcome === "valid" || fix === undefined
      ? []
      : [`${artefacts[artefact].what}: ${says} (B5)\n  fix: ${fix}`],
  );
  const reference = fixes.length === 0 ? [] : [`see ${lessonPage("B5")}`];
  const verdict =
    count("wrong") === 0
      ? `The recovery kit of ${stack} is complete`
      : `The recovery kit of ${stack} is incomplete: ${count("wrong")} missing or not valid`;
  return `${[
    table.toString(),
    ...fixes,
    ...reference,
    `${verdict}; ${count("valid")} valid, ${count("unchecked")} not checked. What each is for: docs/reference/recovery-kit.md`,
  ].join("\n\n")}\n`;
}
