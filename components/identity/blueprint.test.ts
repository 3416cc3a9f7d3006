import { describe, expect, test } from "vitest";
import { type CollectionTag, parse, type ScalarTag } from "yaml";
import type { Application } from "./application.ts";
import { applicationBlueprint } from "./applicationBlueprint.ts";
import { type Blueprint, type Entry, Find, KeyOf } from "./blueprint.ts";
import { blueprintProblems } from "./blueprintProblems.ts";
import { blueprintYaml } from "./blueprintYaml.ts";
import type { IdentitySettings } from "./identitySettings.ts";
import { labBlueprint } from "./labBlueprint.ts";

const settings: IdentitySettings = {
  groups: ["family"],
  users: { ada: { email: "ada@example.org", groups: ["admins", "family"] } },
  secondFactor: false,
  services: {},
};
const secrets = { certificate: "CERTIFICATE", key: "KEY", passwords: { ada: "first password" } };
const longhorn: Application = {
  name: "longhorn",
  title: "Longhorn",
  host: "longhorn",
  groups: ["admins", "family"],
  login: "proxy",
};
const base = labBlueprint("lab.home.arpa", settings, secrets);
const application = applicationBlueprint("lab.home.arpa", longhorn, "client secret");

describe("a blueprint", () => {
  test("of an application reads like this", () => expect(blueprintYaml(application)).toMatchSnapshot());

  test("of the lab reads like this", () => expect(blueprintYaml(base)).toMatchSnapshot());

  test("comes out of its text as it went in, tags and all", () => {
    const find: CollectionTag = {
      tag: "!Find",
      collection: "seq",
      resolve(node) {
        const [model, ...conditions] = node.toJSON() as [string, ...[string, string][]];
        return new Find(model, Object.fromEntries(conditions));
      },
    };
    const keyOf: ScalarTag = { tag: "!KeyOf", resolve: (id) => new KeyOf(id) };
    const read = (blueprint: Blueprint) =>
      parse(blueprintYaml(blueprint), {
        version: "1.1",
        customTags: (tags) => [...tags, find, keyOf],
      }) as unknown;
    for (const blueprint of [base, application])
      expect(read(blueprint)).toEqual({
        version: 1,
        metadata: { name: blueprint.name },
        entries: blueprint.entries,
      });
  });

  test("of a secret that looks like a tag, a number or a list stays a text", () => {
    for (const secret of [
      "!Find [x]",
      "123456",
      "[a]",
      "yes",
      "a: b",
      "#",
      "- ",
      "0x1f",
      "1_000",
      "1:30",
      "off",
      "~",
      "=",
    ]) {
      const text = blueprintYaml(applicationBlueprint("lab.home.arpa", longhorn, secret));
      const read = parse(text, { version: "1.1", logLevel: "silent" }) as {
        entries: { attrs: { client_secret: unknown } }[];
      };
      expect(read.entries[0]?.attrs.client_secret).toBe(secret);
    }
  });
});

describe("who may enter", () => {
  const expression = (groups: readonly string[]) =>
    applicationBlueprint("lab.home.arpa", { ...longhorn, groups }, "s").entries.find(
      ({ model }) => model === "authentik_policies_expression.expressionpolicy",
    )?.attrs?.expression;

  test("is said by one policy, so that a group which is taken out is out", () => {
    expect(expression(["admins", "family"])).toBe(
      'return ak_is_group_member(request.user, name="admins") or ak_is_group_member(request.user, name="family")\n',
    );
    expect(expression(["family"])).toBe('return ak_is_group_member(request.user, name="family")\n');
    expect(expression([])).toBe("return False\n");
  });

  test("and is a superuser only as one of the admins", () => {
    const groups = base.entries.filter(({ model }) => model === "authentik_core.group");
    expect(groups.map(({ identifiers, attrs }) => [identifiers.name, attrs?.is_superuser])).toEqual([
      ["admins", true],
      ["family", false],
    ]);
  });
});

test("the second factor is one setting, and can be taken back", () => {
  const stage = (secondFactor: boolean) =>
    labBlueprint("lab.home.arpa", { ...settings, secondFactor }, secrets).entries.at(-1)?.attrs;
  expect(stage(false)).toMatchObject({ not_configured_action: "skip", configuration_stages: [] });
  expect(stage(true)).toMatchObject({
    not_configured_action: "configure",
    configuration_stages: [{ conditions: { name: "default-authenticator-totp-setup" } }],
  });
});

test("a password that somebody chose is not set again", () => {
  const users = base.entries.filter(({ model }) => model === "authentik_core.user");
  expect(users.map(({ state, attrs }) => [state, Object.keys(attrs ?? {})])).toEqual([
    ["created", ["name", "email", "password"]],
    ["present", ["email", "groups"]],
  ]);
});

describe("what is wrong with a blueprint", () => {
  test("is nothing, where the lab makes it", () =>
    expect([...blueprintProblems(base), ...blueprintProblems(application, [base])]).toEqual([]));

  test("is that nothing before it makes what it looks for", () =>
    expect(blueprintProblems(application)).toEqual([
      "lab: longhorn, entry 1 (authentik_providers_oauth2.oauth2provider) looks for authentik_crypto.certificatekeypair with name lab, which neither an entry before it nor Authentik makes",
      "lab: longhorn, entry 1 (authentik_providers_oauth2.oauth2provider) looks for authentik_providers_oauth2.scopemapping with name lab: e-mail, which neither an entry before it nor Authentik makes",
    ]));

  /** The application's blueprint with one entry changed. */
  const changed = (index: number, change: (entry: Entry) => Entry): Blueprint => ({
    ...application,
    entries: application.entries.map((entry, at) => (at === index ? change(entry) : entry)),
  });
  const attrs = (index: number, more: Entry["attrs"]) =>
    changed(index, (entry) => ({ ...entry, attrs: { ...entry.attrs, ...more } }));

  const mistakes: [string, Blueprint, string][] = [
    ["a misspelt field", attrs(0, { redirect_uri: "x" }), "has no field redirect_uri"],
    [
      "an unknown kind",
      changed(0, (entry) => ({ ...entry, model: "authentik_core.applications" })),
      "is of a kind that the lab does not know",
    ],
    ["nothing to be found by", changed(1, (entry) => ({ ...entry, identifiers: {} })), "is found by nothing"],
    [
      "an id that no entry has",
      attrs(1, { provider: new KeyOf("providers") }),
      "refers to providers, which no entry before it is called",
    ],
    [
      "an id of an entry further down",
      { ...application, entries: application.entries.toReversed() },
      "refers to application, which no entry before it is called",
    ],
    [
      "a flow that Authentik does not have",
      attrs(0, { authorization_flow: new Find("authentik_flows.flow", { slug: "default-consent" }) }),
      "looks for authentik_flows.flow with slug default-consent",
    ],
    [
      "a reference within a list",
      attrs(0, {
        property_mappings: [new Find("authentik_providers_oauth2.scopemapping", { name: "groups" })],
      }),
      "looks for authentik_providers_oauth2.scopemapping with name groups",
    ],
    [
      "an id taken twice",
      changed(1, (entry) => ({ ...entry, id: "provider" })),
      "takes the id provider again",
    ],
    ["a binding of nothing", changed(3, ({ attrs: _, ...entry }) => entry), "binds nothing, not one thing"],
    ["a binding of two things", attrs(3, { group: new KeyOf("provider") }), "binds policy and group"],
    [
      "a provider without its key",
      changed(0, (entry) => {
        const { signing_key: _, ...rest } = entry.attrs ?? {};
        return { ...entry, attrs: rest };
      }),
      "needs signing_key",
    ],
    ["a client without a secret", attrs(0, { client_secret: "" }), "needs client_secret"],
    ["no entries at all", { name: "empty", entries: [] }, "empty has no entries"],
  ];
  test.each(mistakes)("is told of %s", (_, blueprint, message) =>
    expect(blueprintProblems(blueprint, [base]).join("\n")).toContain(message),
  );
});
