import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { deployment, release, resource, unknown } from "../testing/resources.ts";
import { hostAliases } from "./hostAliases.ts";

const aliases = [{ ip: unknown, hostnames: ["auth.lab.home"] }];
const pods = (spec: object) => resource("kubernetes:apps/v1:StatefulSet", { spec: { template: { spec } } });

describePolicy(hostAliases, {
  valid: [
    deployment({}),
    pods({ containers: [], hostAliases: [] }),
    release({ values: { hostAliases: [], address: unknown } }),
  ],
  invalid: [
    [
      "host aliases in a StatefulSet",
      [pods({ hostAliases: aliases })],
      'spec.template.spec.hostAliases = ["auth.lab.home"]: overrides DNS for these pods only',
    ],
    [
      "host aliases in a Pod",
      [resource("kubernetes:core/v1:Pod", { spec: { hostAliases: aliases } })],
      "it.spec.hostAliases",
    ],
    [
      "host aliases in a CronJob",
      [
        resource("kubernetes:batch/v1:CronJob", {
          spec: { jobTemplate: { spec: { template: { spec: { hostAliases: aliases } } } } },
        }),
      ],
      "jobTemplate.spec.template.spec.hostAliases",
    ],
    [
      "host aliases among a release's values, next to an unknown value",
      [release({ values: { address: unknown, hostAliases: aliases } })],
      "values.hostAliases",
      "auth.lab.home",
    ],
    [
      "host aliases deep in a release's values",
      [release({ values: { servers: [{ secret: unknown }, { pod: { hostAliases: aliases } }] } })],
      "values.servers[1].pod.hostAliases",
    ],
  ],
});

test("accepts unknown host aliases (N7)", () => {
  expect(violationsOf(hostAliases, [pods({ hostAliases: unknown })])).toEqual([]);
  expect(violationsOf(hostAliases, [pods({ hostAliases: [unknown] })])).toEqual([]);
  expect(violationsOf(hostAliases, [resource("kubernetes:apps/v1:Deployment", { spec: unknown })])).toEqual(
    [],
  );
});
