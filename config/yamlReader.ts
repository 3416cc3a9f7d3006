import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type ParsedNode, visit } from "yaml";
import { readPlain, readText, type ScalarReading } from "./yamlScalar.ts";

/** Reports a fault of a node. `path` begins with the key below `config:`; empty for the whole file. */
export type Report = (fault: {
  readonly path: readonly PropertyKey[];
  readonly node: ParsedNode | null | undefined;
  /** The text of a scalar. */
  readonly shown?: string;
  readonly message: string;
  readonly fix: string;
}) => void;

/** An entry of a map with resolved merge keys. */
export interface Entry {
  readonly name: string;
  readonly key: ParsedNode | null;
  readonly node: ParsedNode | null;
}

/** Limit against aliases of aliases, which multiply; a lab has fewer nodes. */
const mostNodes = 200_000;

/**
 * Reads the nodes of a parsed document as the engine does, with aliases and merge keys resolved: a map's own keys take
 * precedence over merged ones, and an earlier merged map over a later one.
 */
export function yamlReader(document: Document.Parsed, text: string, report: Report) {
  /** Nodes that are being read, to find an alias in its own anchor. */
  const open = new Set<ParsedNode>();
  let count = 0;

  /** The node that an alias refers to. */
  const target = (node: ParsedNode | null): ParsedNode | null =>
    isAlias(node) ? ((node.resolve(document) as ParsedNode | undefined) ?? null) : node;

  const scalar = (node: ParsedNode, inFlow: boolean): ScalarReading => {
    if (!isScalar(node)) return { value: null };
    if (node.type === "PLAIN") return readPlain(node.source ?? "", inFlow);
    const [start, end] = node.range;
    const isBlock = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
    if (isBlock && end === text.length && !text.endsWith("\n"))
      return {
        ambiguous: "is a block at the end of a file without a final line break",
        fix: "end the file with a line break",
      };
    const raw = text.slice(start, end);
    return readText(raw, String(node.value), isBlock);
  };

  const keyName = (
    key: ParsedNode | null,
    path: readonly PropertyKey[],
    inFlow: boolean,
  ): string | undefined => {
    if (!isScalar(key) || key.tag !== undefined) {
      report({ path, node: key, message: "has a key that is not text", fix: "write the key as plain text" });
      return undefined;
    }
    const reading = scalar(key, inFlow);
    if ("value" in reading && typeof reading.value === "string" && !reading.value.includes("\n"))
      return reading.value;
    const source = key.source ?? "";
    report({
      path: [...path, source],
      node: key,
      message: `the key ${"ambiguous" in reading ? `is ambiguous: ${reading.ambiguous}` : "is not one line of text"}`,
      fix: "ambiguous" in reading ? reading.fix : `write the key in quotes, ${JSON.stringify(source)}`,
    });
    return undefined;
  };

  const entries = (map: ParsedNode | null, path: readonly PropertyKey[]): Entry[] => {
    if (!isMap(map)) return [];
    const found = new Map<string, Entry>();
    const merged: (ParsedNode | null)[] = [];
    for (const { key, value: node } of map.items) {
      if (isMergeKey(key)) {
        merged.push(node);
        continue;
      }
      const name = keyName(key, path, map.flow === true);
      if (name !== undefined) found.set(name, { name, key, node });
    }
    for (const each of merged) {
      const sources = isSeq(each) ? each.items.map((item) => target(item as ParsedNode)) : [target(each)];
      for (const source of sources) {
        if (source === null || open.has(source)) continue;
        open.add(source);
        for (const entry of entries(source, path)) if (!found.has(entry.name)) found.set(entry.name, entry);
        open.delete(source);
      }
    }
    return [...found.values()];
  };

  const read = (given: ParsedNode | null, path: readonly PropertyKey[], inFlow: boolean): unknown => {
    const node = target(given);
    count += 1;
    if (count > mostNodes) {
      if (count === mostNodes + 1)
        report({
          path: [],
          node: given,
          message: `expands to more than ${mostNodes} values`,
          fix: "replace aliases by values",
        });
      return null;
    }
    if (node === null) return null;
    if (open.has(node)) {
      report({
        path,
        node: given,
        message: "the alias is part of the value of its own anchor",
        fix: "remove the alias",
      });
      return null;
    }
    if (node.tag !== undefined) {
      report({ path, node, message: `has the tag ${node.tag}`, fix: "remove the tag; write text in quotes" });
      return null;
    }
    open.add(node);
    try {
      if (isMap(node))
        return Object.fromEntries(
          entries(node, path).map(({ name, node: inner }) => [
            name,
            read(inner, [...path, name], node.flow === true),
          ]),
        );
      if (isSeq(node))
        return node.items.map((item, index) =>
          read(item as ParsedNode, [...path, index], node.flow === true),
        );
    } finally {
      open.delete(node);
    }
    const reading = scalar(node, inFlow);
    if ("value" in reading) return reading.value;
    const source = isScalar(node) ? (node.source ?? "") : "";
    report({ path, node, shown: source, message: reading.ambiguous, fix: reading.fix });
    return source;
  };

  return { entries, read, target };
}

/** Reports constructs anywhere in a document that the engine rejects or that YAML 1.2 reads differently. */
export function reportConstructs(document: Document.Parsed, report: Report): void {
  const anchor = (node: ParsedNode, name: string | undefined) => {
    if (name !== undefined && !/^[\w-]+$/.test(name))
      report({
        path: [],
        node,
        message: `the anchor ${name} has a character that the engine rejects`,
        fix: "name it with letters, digits, - and _",
      });
  };
  visit(document, {
    Alias: (_, alias) => {
      anchor(alias as ParsedNode, alias.source);
      if (alias.resolve(document) === undefined)
        report({
          path: [],
          node: alias as ParsedNode,
          message: `the alias ${alias.source} has no anchor before it`,
          fix: "define the anchor first",
        });
    },
    Node: (_, node) => {
      if (isScalar(node) || isCollection(node)) anchor(node as ParsedNode, node.anchor);
    },
    Pair: (_, pair) => {
      const start = (pair.srcToken as { start?: { type: string }[] } | undefined)?.start ?? [];
      if (start.some(({ type }) => type === "explicit-key-ind"))
        report({
          path: [],
          node: pair.key as ParsedNode | null,
          message: "has an explicit key (? KEY)",
          fix: "write KEY: VALUE",
        });
      if (isMergeKey(pair.key) && !mergeable(pair.value, document))
        report({
          path: [],
          node: pair.key as ParsedNode,
          message: "merges something that is not a map",
          fix: "write << : and the alias of a map, or a list of such aliases",
        });
    },
  });
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.tag === undefined && key.source === "<<";
}

/** Whether a value is valid for a merge key: a map, the alias of one, or a list of these. */
function mergeable(value: unknown, document: Document.Parsed): boolean {
  const aims = isSeq(value) ? value.items : [value];
  return aims.every((each) => isMap(isAlias(each) ? each.resolve(document) : each));
}
