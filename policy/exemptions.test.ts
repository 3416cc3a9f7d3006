import { expect, test } from "vitest";
import { exemptionsOf, stackExemptions } from "./exemptions.ts";

const reason = "bare metal with one server; two more servers are ordered";
const deletable = { lesson: "S12", reason: "lab:production is false, or lab:teardown is set" };

test("reads exemptions from the configuration that the engine passes to the pack", () => {
  const configuration = JSON.stringify({
    "lab:exemptions": JSON.stringify([{ lesson: "K1", reason }]),
    "lab:domain": "x",
  });
  expect(stackExemptions(configuration)).toEqual([{ lesson: "K1", reason }]);
});

test("reads no exemptions where the engine passes no configuration", () =>
  expect(stackExemptions(undefined)).toEqual([]));

test.each([
  [{ "lab:production": "true" }, []],
  [{ "lab:production": "false" }, [deletable]],
  [{ "lab:teardown": "homelab" }, [deletable]],
])("exempts a stack with %j from the lessons %j", (configuration, exemptions) =>
  expect(stackExemptions(JSON.stringify(configuration))).toEqual(exemptions),
);

test("keeps the name of an exemption, and ignores an unknown lesson", () =>
  expect(
    exemptionsOf({
      exemptions: [
        { lesson: "C1", name: "four", reason },
        { lesson: "X1", reason },
        { lesson: "toString", reason },
      ],
      production: true,
    }),
  ).toEqual([{ lesson: "C1", name: "four", reason }]));
