import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonPieces } from "./json.ts";

test("jsonPieces concatenates to the document's JSON with an indent of two", () =>
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue()), fc.constant(undefined))),
      (document) => {
        expect([...jsonPieces(document)].join("")).toBe(JSON.stringify(document, null, 2));
      },
    ),
  ));

test("jsonPieces yields one piece per element of a top-level array", () =>
  expect([...jsonPieces({ resources: [1, 2], stack: "it" })]).toEqual([
    '{\n  "resources": ',
    "[\n    1",
    ",\n    2",
    "\n  ]",
    ',\n  "stack": ',
    '"it"',
    "\n}",
  ]));
