import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { producedBy, ruleFolder, ruleNames } from "./testing/produced.ts";

/** A collision names the earlier of two claims, so that the last claim of each list is never named. */
const unreachable: Readonly<Record<string, readonly string[]>> = {
  addresses: ["the lab's own registry", "the service CIDR"],
};

test.each(ruleNames)("every message of the rule %s is produced by an invalid fixture", async (name) => {
  const output = (await producedBy(name)).flatMap(([, diagnostics]) => diagnostics).join("\n");
  const missing = textsOf(readFileSync(`${ruleFolder}${name}.ts`, "utf8")).filter(
    (text) => !new RegExp(text.map(escaped).join("[^\\n]*")).test(output),
  );
  expect(missing.map((text) => text.join("…"))).toEqual(unreachable[name] ?? []);
});

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The string literals of a source file that are prose, each as its fixed parts between placeholders. */
function textsOf(source: string): string[][] {
  const texts: string[][] = [];
  const visit = (node: ts.Node): void => {
    const parts = ts.isStringLiteralLike(node)
      ? [node.text]
      : ts.isTemplateExpression(node)
        ? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]
        : [];
    if (parts.some((part) => /[a-z] [a-z]/.test(part))) texts.push(parts);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("rule.ts", source, ts.ScriptTarget.Latest, true));
  return texts;
}
