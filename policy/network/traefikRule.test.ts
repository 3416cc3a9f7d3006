import { expect, test } from "vitest";
import { parseTraefikRule } from "./traefikRule.ts";

const prefix = (value: string) => ({ type: "PathPrefix", value });

test.each([
  ["Host(`a.lab`)", [{ host: "a.lab" }]],
  ["Host(`a.lab`) && PathPrefix(`/x`)", [{ host: "a.lab", path: prefix("/x") }]],
  ["PathPrefix(`/x`)&&Host(`a.lab`)", [{ host: "a.lab", path: prefix("/x") }]],
  ["Host(`a.lab`) && Path(`/x`)", [{ host: "a.lab", path: { type: "Exact", value: "/x" } }]],
  ["Host(`a.lab`, `b.lab`)", [{ host: "a.lab" }, { host: "b.lab" }]],
  [
    "(Host(`a.lab`) || Host(`b.lab`)) && PathPrefix(`/x`)",
    [
      { host: "a.lab", path: prefix("/x") },
      { host: "b.lab", path: prefix("/x") },
    ],
  ],
  // && has precedence over ||, so b.lab is claimed with every path.
  [
    "Host(`a.lab`) && PathPrefix(`/x`) || Host(`b.lab`)",
    [{ host: "a.lab", path: prefix("/x") }, { host: "b.lab" }],
  ],
])("parses the Traefik rule %s", (rule, matches) => expect(parseTraefikRule(rule)).toEqual(matches));

test.each([
  ["a header", "Host(`a.lab`) && Header(`X-Kind`, `beta`)"],
  ["a method", "Host(`a.lab`) && Method(`GET`)"],
  ["a regular expression", "HostRegexp(`^.+\\.lab$`)"],
  ["a negation", "!Host(`a.lab`)"],
  ["a later negation", "Host(`a.lab`) && !PathPrefix(`/api`)"],
  ["two paths in one alternative", "PathPrefix(`/x`) && Path(`/x/y`)"],
  ["two hosts in one of several alternatives", "(PathPrefix(`/x`) || Host(`a.lab`)) && Host(`b.lab`)"],
  ["a missing closing parenthesis", "(Host(`a.lab`)"],
  ["an extra closing parenthesis", "Host(`a.lab`))"],
  ["a missing second operand", "Host(`a.lab`) &&"],
  ["a matcher without a value", "Host()"],
  ["no matcher", ""],
])("returns undefined for a Traefik rule with %s", (_what, rule) =>
  expect(parseTraefikRule(rule)).toBeUndefined(),
);
