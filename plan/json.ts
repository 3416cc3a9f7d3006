/**
 * The text of `JSON.stringify(document, null, 2)` in pieces, one per element of a top-level array. As one string a
 * plan of some thousand resources takes 40 MB, and its output buffer another 40 MB.
 */
export function* jsonPieces(document: object): Generator<string> {
  const indented = (value: unknown, indent: string) =>
    JSON.stringify(value, null, 2).replaceAll("\n", `\n${indent}`);
  let separator = "{\n";
  for (const [key, value] of Object.entries(document)) {
    if (value === undefined) continue;
    yield `${separator}  ${JSON.stringify(key)}: `;
    separator = ",\n";
    if (!Array.isArray(value) || value.length === 0) {
      yield indented(value, "  ");
      continue;
    }
    let between = "[\n    ";
    for (const element of value) {
      yield between + indented(element, "    ");
      between = ",\n    ";
    }
    yield "\n  ]";
  }
  yield separator === "{\n" ? "{}" : "\n}";
}
