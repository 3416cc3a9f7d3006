// How every script of this folder reads its settings, before any step.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { guestScripts } from "../components/node/guestBundle.ts";

/** The scripts that take settings, with the names of the required ones. */
const scripts = guestScripts().flatMap(({ name, executable }) => {
  const line = /^settings (.*)$/m.exec(readFileSync(`guest/${name}`, "utf8"))?.[1];
  const [required = "", optional = ""] = line?.split(/(?:^| )-- /) ?? [];
  const words = (text: string) => text.split(" ").filter(Boolean);
  return executable && line !== undefined
    ? [{ name, required: words(required), optional: words(optional) }]
    : [];
});

function check(name: string, names: readonly string[]) {
  const input = names.map((setting) => `${setting}=\n`).join("");
  return spawnSync(`guest/${name}`, ["--check"], { input, encoding: "utf8" });
}

test.each(scripts)("$name accepts all of its settings", ({ name, required, optional }) => {
  const { status, stdout, stderr } = check(name, [...required, ...optional]);
  expect([status, stdout, stderr]).toEqual([0, `${name.replace(".sh", "")}: settings are complete\n`, ""]);
  expect(check(name, required).status).toBe(0);
});

test.each(scripts)("$name rejects unknown and missing settings", ({ name, required }) => {
  expect(check(name, [...required, "COLOUR"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("unknown setting 'COLOUR'"),
  });
  for (const missing of required)
    expect(
      check(
        name,
        required.filter((setting) => setting !== missing),
      ),
    ).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`setting '${missing}' is missing`),
    });
});
