import { expect, test } from "vitest";
import { readTraefikRule } from "./traefikRule.ts";

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
  // And binds closer than or: b.lab is claimed whole.
  [
    "Host(`a.lab`) && PathPrefix(`/x`) || Host(`b.lab`)",
    [{ host: "a.lab", path: prefix("/x") }, { host: "b.lab" }],
  ],
])("%s", (rule, ways) => expect(readTraefikRule(rule)).toEqual(ways));

test.each([
  ["a header", "Host(`a.lab`) && Header(`X-Kind`, `beta`)"],
  ["a method", "Host(`a.lab`) && Method(`GET`)"],
  ["an expression", "HostRegexp(`^.+\\.lab$`)"],
  ["a negation", "!Host(`a.lab`)"],
  ["a negation further on", "Host(`a.lab`) && !PathPrefix(`/api`)"],
  ["two paths at once", "PathPrefix(`/x`) && Path(`/x/y`)"],
  ["a bracket that stays open", "(Host(`a.lab`)"],
  ["a bracket too many", "Host(`a.lab`))"],
  ["an end that is missing", "Host(`a.lab`) &&"],
  ["no value", "Host()"],
  ["nothing", ""],
])("%s is not judged", (_what, rule) => expect(readTraefikRule(rule)).toBeUndefined());
