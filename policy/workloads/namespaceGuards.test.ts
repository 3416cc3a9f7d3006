import { expect, test } from "vitest";

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
    [
      "a namespace without a quota",
      [namespace(), limits(), deny()],
      'the-namespace.metadata.name = "media"',
      "a ResourceQuota",
    ],
    ["a namespace without limits", [namespace(), quota(), deny()], "media", "without a LimitRange"],
    [
      "a namespace without a network policy",
      [namespace(), quota(), limits()],
      "media",
      "without a default-deny NetworkPolicy",
    ],
    [
      "a namespace without any of them",
      [namespace()],
      "is a namespace without a ResourceQuota with limits, without a LimitRange",
      "without a default-deny NetworkPolicy",
    ],
    ["an empty quota", [namespace(), quota("media", {}), limits(), deny()], "ResourceQuota"],
    [
      "a LimitRange without a default",
      [namespace(), quota(), limits("media", { min: { memory: "1Mi" } }), deny()],
      "LimitRange",
    ],
    [
      "a LimitRange for claims only",
      [
        namespace(),
        quota(),
        limits("media", { type: "PersistentVolumeClaim", max: { storage: "1Ti" } }),
        deny(),
      ],
      "LimitRange",
    ],
    ["a quota in another namespace", [namespace(), quota("lab"), limits(), deny()], "ResourceQuota"],
    [
      "a network policy for some pods",
      [namespace(), quota(), limits(), deny({ podSelector: { matchLabels: { app: "web" } } })],
      "; NetworkPolicy media/default-deny selects only some pods",
    ],
    [
      "a network policy without a pod selector",
      [namespace(), quota(), limits(), deny({ podSelector: undefined })],
      "selects only some pods",
    ],
    [
      "a network policy for ingress only",
      [namespace(), quota(), limits(), deny({ policyTypes: ["Ingress"] })],
      "does not have policyType Egress",
    ],
    [
      "a network policy that allows all egress",
      [namespace(), quota(), limits(), deny({ egress: [{}] })],
      "media/default-deny allows egress",
    ],
    [
      "a release that creates its namespace",
      [release({ createNamespace: true })],
      "createNamespace = true: creates a namespace without a quota",
    ],
  ],
});

test("accepts objects in an unknown namespace, and still checks the others (P1)", () => {
  const unplaced = quota(unknown);
  expect(violationsOf(namespaceGuards, [namespace(), unplaced, limits(), deny({ egress: unknown })])).toEqual(
    [],
  );
  expect(violationsOf(namespaceGuards, [namespace(), unplaced, limits()])).toMatchObject([
    { message: "is a namespace without a default-deny NetworkPolicy" },
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
