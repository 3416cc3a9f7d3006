import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findCli, NoCli, pinnedVersion } from "./cli.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that answers `version` as a CLI of that version does. */
function fake(answer: string): string {
  const path = join(folder, "pulumi");
  writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(path, 0o755);
  return path;
}

async function refusal(): Promise<string> {
  const error = await findCli().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(NoCli);
  return (error as Error).message;
}

describe("a CLI that is named", () => {
  test("is taken", async () => {
    vi.stubEnv("PULUMI_CLI", fake(`v${pinnedVersion()}`));
    expect(await findCli()).toEqual({
      path: join(folder, "pulumi"),
      origin: "PULUMI_CLI",
      version: pinnedVersion(),
    });
  });

  test("and is too old is refused, with the version that is needed", async () => {
    vi.stubEnv("PULUMI_CLI", fake("v3.100.0"));
    expect(await refusal()).toContain(`is 3.100.0, and ${pinnedVersion()} or later is needed`);
  });

  test("and is no CLI is refused", async () => {
    vi.stubEnv("PULUMI_CLI", fake("hello"));
    expect(await refusal()).toContain('answers `version` with "hello"');
  });

  test("and is not there is refused, and no other one is taken in its place", async () => {
    vi.stubEnv("PULUMI_CLI", join(folder, "absent"));
    const message = await refusal();
    expect(message).toContain("PULUMI_CLI: there is no such program");
    expect(message).toContain("fix: ");
    expect(message).not.toContain("PATH");
  });

  test("and cannot be executed is refused", async () => {
    chmodSync(fake("v9.9.9"), 0o644);
    vi.stubEnv("PULUMI_CLI", join(folder, "pulumi"));
    expect(await refusal()).toContain("PULUMI_CLI: the file cannot be executed");
  });
});

test("one on PATH is found, and npm's own wrapper in node_modules is not taken for one", async () => {
  fake(`v${pinnedVersion()}`);
  vi.stubEnv("PULUMI_CLI", "");
  vi.stubEnv("PATH", `${process.cwd()}/node_modules/.bin:${folder}`);
  expect(await findCli()).toMatchObject({ path: join(folder, "pulumi"), origin: "PATH" });
});
