import { describe, expect, test } from "vitest";
import { fromEngine, parseStackFile, readStackFile } from "./source.ts";

describe("a stack file", () => {
  test("reports a missing file as a diagnostic", () => {
    const { diagnostics } = readStackFile("Pulumi.nowhere.yaml");
    expect(diagnostics).toMatchObject([{ path: "", message: "the file does not exist" }]);
  });

  test("reports invalid YAML with its line", () => {
    const { diagnostics } = parseStackFile("x.yaml", "config:\n  lab:ssh: { user: lab\n");
    expect(diagnostics[0]?.message).toMatch(/^line \d+, column \d+: /);
  });

  test("reads an encrypted secret as set, and rejects one in clear text without showing it (C5)", () => {
    const source = parseStackFile(
      "x.yaml",
      "config:\n  lab:backupKey: { secure: v1:abc }\n  lab:backupKeyId: planted-in-clear\n",
    );
    expect(source.encrypted).toEqual(["backupKey"]);
    expect(source.diagnostics).toMatchObject([{ path: "lab:backupKeyId", lesson: "C5" }]);
    expect(JSON.stringify(source)).not.toContain("planted-in-clear");
  });

  test("accepts keys of Pulumi, and rejects those of a provider", () => {
    const { diagnostics } = parseStackFile(
      "x.yaml",
      "config:\n  pulumi:tags: {}\n  kubernetes:kubeconfig: x\n",
    );
    expect(diagnostics.map(({ path }) => path)).toEqual(["kubernetes:kubeconfig"]);
  });
});

describe("the engine's configuration", () => {
  test("reads structures as JSON, and secrets in clear text", () => {
    const source = fromEngine(
      "homelab",
      {
        "lab:dns": '{"upstreams":["1.1.1.1"]}',
        "lab:domain": "lab.home.arpa",
        "lab:backupKey": "{looks like json",
      },
      (key) => key === "lab:backupKey",
    );
    expect(source.values).toEqual({ dns: { upstreams: ["1.1.1.1"] }, domain: "lab.home.arpa" });
    expect(source.secrets).toEqual({ backupKey: "{looks like json" });
    expect(source.diagnostics).toEqual([]);
  });

  test("rejects a secret that the engine stores in clear text (C5)", () => {
    const { diagnostics } = fromEngine("homelab", { "lab:backupKey": "planted-in-clear" }, () => false);
    expect(diagnostics).toMatchObject([{ path: "lab:backupKey", lesson: "C5" }]);
    expect(JSON.stringify(diagnostics)).not.toContain("planted-in-clear");
  });
});
