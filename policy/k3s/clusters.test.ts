import { UnknownValueError } from "@pulumi/policy";
import { expect, test } from "vitest";
import { cluster, guestCommand, resource, unknown } from "../testing/resources.ts";
import { disables, isCluster, runsScript, settingsOf } from "./clusters.ts";

test("recognizes a cluster by its component type", () => {
  expect(isCluster(cluster())).toBe(true);
  expect(isCluster(resource("lab:node:PreparedNode", {}))).toBe(false);
});

test.each<[string, unknown, boolean]>([
  ["a list with the component", ["servicelb", "traefik"], true],
  ["a list without it", ["servicelb"], false],
  ["an empty list", [], false],
  ["no list", undefined, false],
  ["an unknown list", unknown, true],
  ["a list with an unknown item", ["servicelb", unknown], true],
])("reports whether K3s disables a component for %s", (_what, disabled, expected) =>
  expect(disables(cluster({ disabled }), "traefik")).toBe(expected),
);

test("reads the settings that a command passes to its script", () => {
  const command = guestCommand("verify-k3s.sh", { VERSION: "v1", ARGS: "a=b" });
  expect(settingsOf(command, "verify-k3s.sh")).toEqual(
    new Map([
      ["VERSION", "v1"],
      ["ARGS", "a=b"],
    ]),
  );
  expect(settingsOf(command, "install-k3s.sh")).toBeUndefined();
  expect(settingsOf(cluster(), "verify-k3s.sh")).toBeUndefined();
});

test("ignores lines of the standard input that are not settings", () => {
  const command = resource("command:remote:Command", {
    create: "sudo /opt/homelab/guest/verify-cpu.sh",
    stdin: "first\nA=1\n",
  });
  expect(settingsOf(command, "verify-cpu.sh")).toEqual(new Map([["A", "1"]]));
});

test("throws where the command or its settings are unknown, so that the policy has no result", () => {
  const later = (create: unknown) => resource("command:remote:Command", { create, stdin: unknown });
  const run = "sudo /opt/homelab/guest/verify-cpu.sh";
  for (const command of [later(unknown), later(run)])
    expect(() => settingsOf(command, "verify-cpu.sh")).toThrow(UnknownValueError);
  expect(settingsOf(later(run), "verify-k3s.sh")).toBeUndefined();
});

test("recognizes the command of a script, also with unknown settings", () => {
  const command = (create: unknown) => resource("command:remote:Command", { create, stdin: unknown });
  expect(runsScript(command("sudo /opt/homelab/guest/verify-cpu.sh"), "verify-cpu.sh")).toBe(true);
  expect(runsScript(command("sudo /opt/homelab/guest/verify-cpu.sh -x"), "verify-cpu.sh")).toBe(false);
  expect(runsScript(command(unknown), "verify-cpu.sh")).toBe(false);
  expect(runsScript(resource("command:local:Command", {}), "verify-cpu.sh")).toBe(false);
});
