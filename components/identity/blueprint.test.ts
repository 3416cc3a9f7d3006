import { describe, expect, test } from "vitest";
import { type CollectionTag, parse, type ScalarTag } from "yaml";
import type { Application } from "./application.ts";
import { applicationBlueprint } from "./applicationBlueprint.ts";
import { type Blueprint, type Entry, Find, KeyOf } from "./blueprint.ts";
import { blueprintErrors } from "./blueprintErrors.ts";
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

describe("blueprintYaml", () => {
  test("writes the blueprint of an application", () => expect(blueprintYaml(application)).toMatchSnapshot());

  test("writes the blueprint of the lab", () => expect(blueprintYaml(base)).toMatchSnapshot());

  test("round-trips a blueprint with its tags", () => {
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

  test("quotes a secret that looks like a tag, a number, a boolean or a list", () => {
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

describe("the access policy", () => {
  const expression = (groups: readonly string[]) =>
    applicationBlueprint("lab.home.arpa", { ...longhorn, groups }, "s").entries.find(
      ({ model }) => model === "authentik_policies_expression.expressionpolicy",
    )?.attrs?.expression;

  test("names all groups in one expression, so that a removed group loses access", () => {
    expect(expression(["admins", "family"])).toBe(
      'return ak_is_group_member(request.user, name="admins") or ak_is_group_member(request.user, name="family")\n',
    );
    expect(expression(["family"])).toBe('return ak_is_group_member(request.user, name="family")\n');
    expect(expression([])).toBe("return False\n");
  });

  test("makes only admins superusers", () => {
    const groups = base.entries.filter(({ model }) => model === "authentik_core.group");
    expect(groups.map(({ identifiers, attrs }) => [identifiers.name, attrs?.is_superuser])).toEqual([
      ["admins", true],
      ["family", false],
    ]);
  });
});

test("labBlueprint writes the MFA stage in both states of the second factor", () => {
  const stage = (secondFactor: boolean) =>
    labBlueprint("lab.home.arpa", { ...settings, secondFactor }, secrets).entries.at(-1)?.attrs;
  expect(stage(false)).toMatchObject({ not_configured_action: "skip", configuration_stages: [] });
  expect(stage(true)).toMatchObject({
    not_configured_action: "configure",
    configuration_stages: [{ conditions: { name: "default-authenticator-totp-setup" } }],
  });
});

test("labBlueprint sets a user's password only when it creates the user", () => {
  const users = base.entries.filter(({ model }) => model === "authentik_core.user");
  expect(users.map(({ state, attrs }) => [state, Object.keys(attrs ?? {})])).toEqual([
    ["created", ["name", "email", "password"]],
    ["present", ["email", "groups"]],
  ]);
});

describe("blueprintErrors", () => {
  test("accepts the blueprints of the lab and of an application", () =>
    expect([...blueprintErrors(base), ...blueprintErrors(application, [base])]).toEqual([]));

  test("reports references to objects of a blueprint that is not applied before", () =>
    expect(blueprintErrors(application)).toEqual([
      "lab: longhorn, entry 1 (authentik_providers_oauth2.oauth2provider) looks for authentik_crypto.certificatekeypair with name lab, which neither an earlier entry nor Authentik creates",
      "lab: longhorn, entry 1 (authentik_providers_oauth2.oauth2provider) looks for authentik_providers_oauth2.scopemapping with name lab: e-mail, which neither an earlier entry nor Authentik creates",
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
      "an unknown model",
      changed(0, (entry) => ({ ...entry, model: "authentik_core.applications" })),
      "has an unknown model",
    ],
    [
      "an entry without identifiers",
      changed(1, (entry) => ({ ...entry, identifiers: {} })),
      "has no identifiers",
    ],
    [
      "a reference to an unknown id",
      attrs(1, { provider: new KeyOf("providers") }),
      "refers to providers, which is not the id of an earlier entry",
    ],
    [
      "a reference to a later entry",
      { ...application, entries: application.entries.toReversed() },
      "refers to application, which is not the id of an earlier entry",
    ],
    [
      "a flow that Authentik does not have",
      attrs(0, { authorization_flow: new Find("authentik_flows.flow", { slug: "default-consent" }) }),
      "looks for authentik_flows.flow with slug default-consent",
    ],
    [
      "an unresolved reference in a list",
      attrs(0, {
        property_mappings: [new Find("authentik_providers_oauth2.scopemapping", { name: "groups" })],
      }),
      "looks for authentik_providers_oauth2.scopemapping with name groups",
    ],
    [
      "a duplicate id",
      changed(1, (entry) => ({ ...entry, id: "provider" })),
      "uses the id provider of an earlier entry",
    ],
    [
      "a binding without a target",
      changed(3, ({ attrs: _, ...entry }) => entry),
      "binds nothing; it must bind",
    ],
    ["a binding of two objects", attrs(3, { group: new KeyOf("provider") }), "binds policy and group"],
    [
      "a provider without a signing key",
      changed(0, (entry) => {
        const { signing_key: _, ...rest } = entry.attrs ?? {};
        return { ...entry, attrs: rest };
      }),
      "must set signing_key",
    ],
    ["a client without a secret", attrs(0, { client_secret: "" }), "must set client_secret"],
    ["no entries at all", { name: "empty", entries: [] }, "empty has no entries"],
  ];
  test.each(mistakes)("reports %s", (_, blueprint, message) =>
    expect(blueprintErrors(blueprint, [base]).join("\n")).toContain(message),
  );
});
