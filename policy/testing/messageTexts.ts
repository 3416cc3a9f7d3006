import { readFileSync } from "node:fs";
import ts from "typescript";

/** Fields of a policy and of its tables that are not part of any violation's message. */
const otherFields = new Set(["description", "remediationSteps", "reason"]);

/**
 * The texts that a policy's source file builds its messages from: every string of more than one word. The substitutions
 * of a template match anything.
 */
export function messageTexts(file: string): { text: string; pattern: RegExp }[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isPropertyAssignment(node) && otherFields.has(node.name.getText())) return;
    if (ts.isStringLiteralLike(node)) found.push([node.text]);
    if (ts.isTemplateExpression(node))
      found.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found
    .filter((parts) => /[a-z]\S* \S|\S \S*[a-z]/i.test(parts.join("…")))
    .map((parts) => ({
      text: parts.join("…"),
      pattern: new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*"), "s"),
    }));
}
