import { expect, test } from "vitest";
import type { PolicedResource } from "../lessonPolicy.ts";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, release, unknown } from "../testing/resources.ts";
import { namespaceGuards } from "./namespaceGuards.ts";

const namespace = (name = "media") =>
  object("core/v1:Namespace", { name, uid: unknown }, {}, "the-namespace");
const at = (namespace: string, name: string) => ({ namespace, name, uid: unknown });
const quota = (namespace = "media", hard: unknown = { "limits.memory": "8Gi" }) =>
  object("core/v1:ResourceQuota", at(namespace, "quota"), { spec: { hard } });
const limits = (namespace = "media", limit: object = { default: { memory: "256Mi" } }) =>
  object("core/v1:LimitRange", at(namespace, "limits"), {
    spec: { limits: [{ type: "Container", ...limit }] },
  });
const deny = (change: object = {}, namespace = "media", name = "default-deny") =>
  object("networking.k8s.io/v1:NetworkPolicy", at(namespace, name), {
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ...change },
  });
const allowDns = deny({ egress: [{ ports: [{ port: 53 }] }] }, "media", "allow-dns");

describePolicy(namespaceGuards, {
  valid: [
    namespace(),
    quota(),
    limits(),
    allowDns,
    deny({ ingress: [] }),
    namespace("lab"),
    quota("lab"),
    limits("lab", { max: { memory: "1Gi" } }),
    deny({}, "lab"),
    release({ createNamespace: false }),
  ],
  invalid: [
    ["no quota", [namespace(), limits(), deny()], 'the-namespace.metadata.name = "media"', "a ResourceQuota"],
    ["no limits", [namespace(), quota(), deny()], "media", "without a LimitRange"],
    ["no network policy", [namespace(), quota(), limits()], "media", "without a default-deny NetworkPolicy"],
    ["nothing at all", [namespace()], "a ResourceQuota with limits, without a LimitRange", "default-deny"],
    ["a quota that limits nothing", [namespace(), quota("media", {}), limits(), deny()], "ResourceQuota"],
    [
      "limits without a default",
      [namespace(), quota(), limits("media", { min: { memory: "1Mi" } }), deny()],
      "LimitRange",
    ],
    [
      "limits for claims only",
      [
        namespace(),
        quota(),
        limits("media", { type: "PersistentVolumeClaim", max: { storage: "1Ti" } }),
        deny(),
      ],
      "LimitRange",
    ],
    ["guards of another namespace", [namespace(), quota("lab"), limits(), deny()], "ResourceQuota"],
    [
      "a policy for some pods",
      [namespace(), quota(), limits(), deny({ podSelector: { matchLabels: { app: "web" } } })],
      "NetworkPolicy media/default-deny selects some pods only",
    ],
    [
      "a policy without a selector",
      [namespace(), quota(), limits(), deny({ podSelector: undefined })],
      "selects some pods only",
    ],
    [
      "a policy for what comes in only",
      [namespace(), quota(), limits(), deny({ policyTypes: ["Ingress"] })],
      "does not name policy type Egress",
    ],
    [
      "a policy that allows all that goes out",
      [namespace(), quota(), limits(), deny({ egress: [{}] })],
      "media/default-deny allows egress",
    ],
    ["a release that makes its own", [release({ createNamespace: true })], "createNamespace = true"],
  ],
});

test("what is not known yet is not refused, and does not hide what is missing beside it", () => {
  const nowhere = (resource: PolicedResource) => resource.props;
  const unplaced = quota(unknown);
  expect(() => nowhere(unplaced).metadata.namespace).toThrow("can't be known during preview");
  expect(violationsOf(namespaceGuards, [namespace(), unplaced, limits(), deny({ egress: unknown })])).toEqual(
    [],
  );
  expect(violationsOf(namespaceGuards, [namespace(), unplaced, limits()])).toMatchObject([
    { message: "is without a default-deny NetworkPolicy" },
  ]);
  expect(
    violationsOf(namespaceGuards, [
      namespace(),
      unplaced,
      limits(),
      deny({ ingress: [{}], egress: unknown }),
    ]),
  ).toHaveLength(1);
});
