import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "vitest";

// The scripts that run on nodes, and the scripts of gates and pods next to their components.
test.each(globSync("{guest,components/**}/*.sh").toSorted())("%s passes shellcheck", (path) => {
  const { error, stdout, stderr } = spawnSync("shellcheck", [basename(path)], {
    cwd: dirname(path),
    encoding: "utf8",
  });
  expect(error?.message ?? "", "install the packages of .ci/packages.txt").toBe("");
  expect(`${stdout}${stderr}`).toBe("");
});
