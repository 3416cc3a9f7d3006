// Checks every argument of every K3s configuration against the flags and fields recorded from the real K3s programs.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { memberConfig } from "./config.ts";
import { kubeletConfiguration, kubeletConfigurationPath } from "./kubeletConfiguration.ts";

interface Flags {
  readonly names: Readonly<Record<string, readonly string[]>>;
}
const { names } = JSON.parse(readFileSync("guest/testing/k3s/recorded/flags.json", "utf8")) as Flags;
const known = (program: string) => new Set(names[program]);

/** The program that receives each argument list of a member's configuration, where its flags are recorded. */
const programs: Readonly<Record<string, string>> = {
  "kubelet-arg": "kubelet",
  "kube-apiserver-arg": "kube-apiserver",
};
const secrets = { token: "TOKEN", backupKeyId: "KEY-ID", backupKey: "KEY" };

/** Arguments that no program of a member accepts, as `PROGRAM: NAME`. */
function unknownArguments(role: string, config: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const program = programs[key];
    const unknownKey = known(`k3s ${role}`).has(key) ? [] : [`k3s ${role}: ${key}`];
    if (program === undefined)
      return key.endsWith("-arg")
        ? [...unknownKey, `${key}: the flags of its program are not recorded`]
        : unknownKey;
    const given = (value as string[]).map((argument) => argument.split("=")[0] ?? "");
    return [
      ...unknownKey,
      ...given.filter((name) => !known(program).has(name)).map((name) => `${program}: ${name}`),
    ];
  });
}

describe.each(readdirSync("test/fixtures/valid"))("memberConfig of %s", (file) => {
  const lab = readLab("it", readStackFile(`test/fixtures/valid/${file}`));

  test.each(lab.nodes.map((node) => [node.name, node] as const))(
    "has only known arguments for %s",
    (_, node) => expect(unknownArguments(node.role, parse(memberConfig(lab, node, secrets)))).toEqual([]),
  );

  test("passes the lab's KubeletConfiguration to every kubelet", () => {
    for (const node of lab.nodes)
      expect(parse(memberConfig(lab, node, secrets))["kubelet-arg"]).toContain(
        `config=${kubeletConfigurationPath}`,
      );
  });
});

test("kubeletConfiguration has only fields of KubeletConfiguration", () =>
  expect(
    Object.keys(parse(kubeletConfiguration())).filter((field) => !known("KubeletConfiguration").has(field)),
  ).toEqual([]));

test("unknownArguments finds a KubeletConfiguration field that has no flag", () => {
  const config = { "kubelet-arg": ["max-parallel-image-pulls=3"], "etcd-s3-retention": 84, frobnicate: true };
  expect(unknownArguments("server", config)).toEqual([
    "kubelet: max-parallel-image-pulls",
    "k3s server: frobnicate",
  ]);
  expect(known("KubeletConfiguration")).toContain("maxParallelImagePulls");
});

test("unknownArguments finds a server setting in the configuration of an agent", () =>
  expect(unknownArguments("agent", { "etcd-s3": true })).toEqual(["k3s agent: etcd-s3"]));

test("the guest scripts pass only known arguments to K3s and the kubelet", () => {
  const script = (name: string) => readFileSync(`guest/${name}.sh`, "utf8");
  const reserved = [...script("reserve-resources").matchAll(/kubelet-arg\+:\\n {2}- ([a-z-]+)=/g)];
  expect(reserved).toHaveLength(1);
  for (const [, name] of reserved) expect(known("kubelet")).toContain(name);
  const reset = script("restore-etcd")
    .split("\n")
    .filter((line) => line.includes("flags"));
  const flags = reset.flatMap((line) => [...line.matchAll(/--([a-z0-9-]+)/g)].map(([, name]) => name));
  expect(flags).toContain("cluster-reset-restore-path");
  for (const name of flags) expect(known("k3s server")).toContain(name);
});
