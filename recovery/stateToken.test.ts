import { describe, expect, test } from "vitest";
import { tokenOf, withToken } from "./stateToken.ts";

const token = "planted-new-token-0123456789abcdef";
const secret = (value: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const resource = (name: string, result: string) => ({
  urn: `urn:pulumi:homelab::lab::lab:k3s:Cluster$random:index/randomPassword:RandomPassword::${name}`,
  protect: true,
  outputs: { length: 64, result: secret(result) },
});
const stack = (...resources: object[]) => ({ version: 3, deployment: { manifest: {}, resources } });

describe("another token in the state", () => {
  test("changes the token and nothing else", () =>
    expect(
      JSON.parse(
        withToken(
          JSON.stringify(stack(resource("cluster-token", "old"), resource("backup-repository", "other"))),
          token,
        ),
      ),
    ).toEqual(stack(resource("cluster-token", token), resource("backup-repository", "other"))));

  test.each([
    ["a state without one", stack(resource("backup-repository", "other")), "has no cluster token"],
    ["an empty state", { version: 3, deployment: {} }, "has no cluster token"],
    ["the same one", stack(resource("cluster-token", token)), "has this token already"],
  ])("%s is refused", (_, state, words) =>
    expect(() => withToken(JSON.stringify(state), token)).toThrow(words),
  );

  test("rejects a text that is not a state, without printing it", () =>
    expect(() => withToken("planted-secret", token)).toThrow(/^this is not an exported stack$/));
});

describe("a token", () => {
  test("is one line", () => expect(tokenOf(`${token}\n`)).toBe(token));

  test.each([
    ["nothing", "\n", "standard input is empty"],
    ["two lines", `${token}\n${token}\n`, "is one line"],
    ["the file of a server", `K10${"ab".repeat(32)}::server:${token}\n`, "the part after its last colon"],
    ["a short one", "hunter2", "can be guessed"],
  ])("%s is refused", (_, text, words) => expect(() => tokenOf(text)).toThrow(words));
});
