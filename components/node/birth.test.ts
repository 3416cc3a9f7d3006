import { expect, test } from "vitest";
import { describeChanges } from "../refusedChange.ts";
import { refusedBirth } from "./birth.ts";

test.each([
  [undefined, undefined],
  [undefined, "2026-11-21"],
  ["2026-11-21", "2026-11-21"],
  ["2026-11-21", "2027-01-03"],
])("from %s to %s is an order, or none", (old, now) => expect(refusedBirth("worker", old, now)).toEqual([]));

test.each([
  ["2026-11-21", undefined, "to nothing"],
  ["2026-11-21", "2026-11-20", "back to 2026-11-20"],
])("from %s to %s is refused", (old, now, words) => {
  const message = describeChanges(refusedBirth("worker", old, now));
  for (const word of ["lab:nodes.worker.born", old, words, "(S3)", `write "${old}" again`])
    expect(message).toContain(word);
});
