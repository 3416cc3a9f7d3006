import { expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import { refusedLonghornVersion } from "./longhornVersion.ts";

test.each([
  ["1.10.2", "1.10.2"],
  ["1.10.2", "1.11.3"],
  ["1.11.3", "1.12.1"],
  ["1.11.2", "1.11.3"],
])("accepts Longhorn %s → %s", (from, to) => expect(refusedLonghornVersion(from, to)).toEqual([]));

test.each([
  ["1.8.2", "1.10.2", "jumps", "no release of 1.9 is known to this program"],
  ["1.10.2", "1.12.1", "jumps", "upgrade to 1.11.3 first"],
  ["1.12.1", "2.0.0", "jumps", "no release of 1.13"],
  ["1.12.1", "1.11.3", "goes down", "write 1.12.1 or a later version"],
  ["1.12.1", "1.12.0", "goes down", "restore a backup"],
])("rejects Longhorn %s → %s (S8)", (from, to, what, fix) => {
  const message = refusedLonghornVersion(from, to).map(formatDiagnostic).join("\n");
  for (const words of ["lab:storage.longhornVersion", from, to, what, "(S8)", fix])
    expect(message).toContain(words);
});
