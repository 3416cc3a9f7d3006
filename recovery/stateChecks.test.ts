import { describe, expect, test } from "vitest";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { outputOf, PulumiFailed, parseExport, reasonOf } from "./pulumi.ts";
import { judgeCopy, judgeFailure, judgeOutput, judgePlace } from "./stateChecks.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));

describe("the state's place", () => {
  test.each([
    ["s3://reference-backup?region=eu-central-003&endpoint=s3.eu-central-003.backblazeb2.com", "valid"],
    ["s3://reference-backup", "valid"],
    ["https://app.pulumi.com/owner", "valid"],
    ["file:///srv/elsewhere", "valid"],
    [`file://${process.cwd()}/state`, "wrong"],
    ["s3://state?endpoint=10.64.20.199:9000", "wrong"],
    ["s3://state?endpoint=http://10.64.10.164:9000", "wrong"],
    ["https://pulumi.lab.example.net", "wrong"],
  ])("%s", (url, outcome) => expect(judgePlace(url, lab).outcome).toBe(outcome));
});

const stack = (token: string, time = "2026-11-21T00:00:00Z", more = 0) => ({
  manifest: { time },
  resources: [
    {
      type: "pulumi:pulumi:Stack",
      outputs: {
        clusterToken: { "4dabf18193072939515e22adb298388d": "1b4", plaintext: JSON.stringify(token) },
        apiUrl: "https://10.0.0.1:6443",
      },
    },
    ...Array.from({ length: more }, () => ({ type: "a:b:C" })),
  ],
});

describe("outputs", () => {
  test("are found, secret or not", () => {
    expect(outputOf(stack("t"), "clusterToken")).toBe("t");
    expect(outputOf(stack("t"), "apiUrl")).toBe("https://10.0.0.1:6443");
  });
  test("are absent where they are missing or empty", () => {
    expect(outputOf(stack(""), "clusterToken")).toBeUndefined();
    expect(outputOf(stack("t"), "other")).toBeUndefined();
    expect(judgeOutput(stack("t"), "other").outcome).toBe("wrong");
    expect(judgeOutput(undefined, "other").outcome).toBe("unchecked");
  });
});

describe("a copy", () => {
  test.each([
    [stack("t"), stack("t"), "valid"],
    [stack("t"), undefined, "valid"],
    [stack("other"), stack("t"), "wrong"],
    [stack("t"), stack("t", "2026-11-22T00:00:00Z", 1), "wrong"],
    [{ ...stack("t"), resources: [] }, undefined, "wrong"],
  ])("%#", (copy, current, outcome) => expect(judgeCopy(copy, current, "save").outcome).toBe(outcome));

  test.each(["", "{}", "null", '{"deployment":{}}'])("rejects %j as a copy", (text) =>
    expect(() => parseExport(text)).toThrow(PulumiFailed),
  );
});

describe("the CLI's reasons", () => {
  test("are cut to their first line, without credentials", () => {
    expect(reasonOf("warning: x\nerror: open https://user:pass@host/x: refused\nmore", false)).toBe(
      "open https://…@host/x: refused",
    );
    expect(reasonOf("", false)).not.toBe("");
    expect(reasonOf("", true)).toContain("within 120 s");
    expect(reasonOf(`error: ${"x".repeat(900)}`, false).length).toBeLessThan(220);
  });

  test.each([
    ["incorrect passphrase", "it is wrong"],
    ["passphrase must be set with …", "it is not set"],
    ["something else", "something else"],
  ])("%s", (reason, says) => expect(judgeFailure(new PulumiFailed(reason), "fix").says).toBe(says));
});
