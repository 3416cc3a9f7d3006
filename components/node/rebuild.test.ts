import { expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { refusedRebuild } from "./rebuild.ts";

test.each([
  [undefined, undefined],
  [undefined, "2026-11-21"],
  ["2026-11-21", "2026-11-21"],
  ["2026-11-21", "2027-01-03"],
])("from %s to %s is an order, or none", (old, now) =>
  expect(refusedRebuild("worker", old, now)).toEqual([]),
);

test.each([
  ["2026-11-21", undefined, "to nothing"],
  ["2026-11-21", "2026-11-20", "back to 2026-11-20"],
])("from %s to %s is refused", (old, now, words) => {
  const message = refusedRebuild("worker", old, now).map(formatDiagnostic).join("\n");
  for (const word of ["lab:nodes.worker.rebuild", old, words, "(S3)", `write "${old}" again`])
    expect(message).toContain(word);
});
