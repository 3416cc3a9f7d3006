// Runs the unit tests in a copy of the checkout whose shipped stack file has other values throughout.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { editStackFile } from "./editStackFile.ts";

const [filters, checkout] = [process.argv.slice(2), process.cwd()];
const file = "Pulumi.homelab.yaml";
const { text, unchanged } = editStackFile(readFileSync(file, "utf8"));
console.log(`the values that stay as they are: ${unchanged.join(", ")}`);

const folder = mkdtempSync(join(tmpdir(), "edited-checkout-"));
const copy = join(folder, "checkout");
const run = (...args: string[]) =>
  spawnSync(process.execPath, args, { cwd: copy, stdio: "inherit" }).status ?? 1;
try {
  const left = ["node_modules", ".git", ".stryker-tmp"].map((name) => join(checkout, name));
  cpSync(checkout, copy, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
  // Charts and definitions that tests read from next to the checkout.
  symlinkSync(join(dirname(checkout), "shared"), join(folder, "shared"));
  // A test of the links asks git for the files.
  spawnSync("git", ["init", "-q"], { cwd: copy });
  writeFileSync(join(copy, file), text);
  // The pages that describe the shipped stack follow its values, as an owner who edits the file writes them again.
  const status = run("docs/generate.ts");
  process.exitCode =
    status === 0 ? run("node_modules/vitest/vitest.mjs", "run", "--project", "unit", ...filters) : status;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
