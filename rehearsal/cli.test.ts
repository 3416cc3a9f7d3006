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

/** A program that answers `version` like a CLI of that version. */
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

describe("findCli with PULUMI_CLI", () => {
  test("uses the named CLI", async () => {
    vi.stubEnv("PULUMI_CLI", fake(`v${pinnedVersion()}`));
    expect(await findCli()).toEqual({
      path: join(folder, "pulumi"),
      origin: "PULUMI_CLI",
      version: pinnedVersion(),
    });
  });

  test("rejects an older CLI with the required version", async () => {
    vi.stubEnv("PULUMI_CLI", fake("v3.100.0"));
    expect(await refusal()).toContain(`is version 3.100.0; ${pinnedVersion()} or later is required`);
  });

  test("rejects a program that is not a Pulumi CLI", async () => {
    vi.stubEnv("PULUMI_CLI", fake("hello"));
    expect(await refusal()).toContain('answers `version` with "hello"');
  });

  test("rejects a missing program and tries no other CLI", async () => {
    vi.stubEnv("PULUMI_CLI", join(folder, "absent"));
    const message = await refusal();
    expect(message).toContain("PULUMI_CLI: the program does not exist");
    expect(message).toContain("fix: ");
    expect(message).not.toContain("PATH");
  });

  test("rejects a file that is not executable", async () => {
    chmodSync(fake("v9.9.9"), 0o644);
    vi.stubEnv("PULUMI_CLI", join(folder, "pulumi"));
    expect(await refusal()).toContain("PULUMI_CLI: the file is not executable");
  });
});

test("findCli finds a CLI on PATH and skips npm's wrapper in node_modules", async () => {
  fake(`v${pinnedVersion()}`);
  vi.stubEnv("PULUMI_CLI", "");
  vi.stubEnv("PATH", `${process.cwd()}/node_modules/.bin:${folder}`);
  expect(await findCli()).toMatchObject({ path: join(folder, "pulumi"), origin: "PATH" });
});
