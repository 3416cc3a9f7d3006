import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { guestScripts } from "../components/node/guestBundle.ts";

test.each(guestScripts().map(({ name }) => name))("%s is clean", (name) => {
  const { error, stdout, stderr } = spawnSync("shellcheck", [name], { cwd: "guest", encoding: "utf8" });
  expect(error?.message ?? "", "install the packages of .ci/packages.txt").toBe("");
  expect(`${stdout}${stderr}`).toBe("");
});
