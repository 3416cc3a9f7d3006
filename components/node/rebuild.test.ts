import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { refusedRebuild } from "./rebuild.ts";

describe("the guard of rebuild tokens (S3)", () => {
  test.each([
    [undefined, undefined],
    [undefined, "2026-11-21"],
    ["2026-11-21", "2026-11-21"],
    ["2026-11-21", "2027-01-03"],
    ["2026-11-21", "2026-11-20"],
    ["2026-11-21", "after the disk failed"],
  ])("allows a change from %s to %s", (old, now) => expect(refusedRebuild("worker", old, now)).toEqual([]));

  test("rejects the removal of a token, and shows the line that must stay", () => {
    const message = refusedRebuild("worker", "2026-11-21", undefined).map(formatDiagnostic).join("\n");
    for (const word of [
      "lab:nodes.worker.rebuild",
      "is removed",
      "(S3)",
      'write rebuild: "2026-11-21" again',
    ])
      expect(message).toContain(word);
  });
});
