import { expect, test } from "vitest";
import { breachesOf, deployment, describePolicy, release, resource, unknown } from "../testing/testing.ts";
import { hostAliases } from "./hostAliases.ts";

const aliases = [{ ip: unknown, hostnames: ["auth.fletcherlabs.net"] }];
const pods = (spec: object) => resource("kubernetes:apps/v1:StatefulSet", { spec: { template: { spec } } });

describePolicy(hostAliases, {
  good: [
    deployment({}),
    pods({ containers: [], hostAliases: [] }),
    release({ values: { hostAliases: [], address: unknown } }),
  ],
  broken: [
    [
      "a StatefulSet's pods",
      [pods({ hostAliases: aliases })],
      'spec.template.spec.hostAliases = ["auth.fletcherlabs.net"]',
    ],
    [
      "a Pod",
      [resource("kubernetes:core/v1:Pod", { spec: { hostAliases: aliases } })],
      "it.spec.hostAliases",
    ],
    [
      "a CronJob's pods",
      [
        resource("kubernetes:batch/v1:CronJob", {
          spec: { jobTemplate: { spec: { template: { spec: { hostAliases: aliases } } } } },
        }),
      ],
      "jobTemplate.spec.template.spec.hostAliases",
    ],
    [
      "a release, beside a value not known yet",
      [release({ values: { address: unknown, hostAliases: aliases } })],
      "values.hostAliases",
      "auth.fletcherlabs.net",
    ],
    [
      "a release, deep in its values",
      [release({ values: { servers: [{ secret: unknown }, { pod: { hostAliases: aliases } }] } })],
      "values.servers[1].pod.hostAliases",
    ],
  ],
});

test("aliases not known yet are judged once they are", () => {
  expect(breachesOf(hostAliases, [pods({ hostAliases: unknown })])).toEqual([]);
  expect(breachesOf(hostAliases, [pods({ hostAliases: [unknown] })])).toEqual([]);
  expect(breachesOf(hostAliases, [resource("kubernetes:apps/v1:Deployment", { spec: unknown })])).toEqual([]);
});
