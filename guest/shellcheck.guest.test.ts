import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";

// Those that run on nodes, and the gates' that stand beside what they look at.
test.each(globSync("{guest,components/**}/*.sh").toSorted())("%s is clean", (path) => {
  const { error, stdout, stderr } = spawnSync("shellcheck", [basename(path)], {
    cwd: dirname(path),
    encoding: "utf8",
  });
  expect(error?.message ?? "", "install the packages of .ci/packages.txt").toBe("");
  expect(`${stdout}${stderr}`).toBe("");
});
