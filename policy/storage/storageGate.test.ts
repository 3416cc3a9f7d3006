import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { deployment, guestCommand, release, resource, unknown } from "../testing/resources.ts";
import {
  canary,
  claimingComponent,
  fileShare,
  longhornClass,
  postgres,
  statefulSet,
  volumeClaim,
} from "../testing/storageResources.ts";
import { storageGate } from "./storageGate.ts";

const gate = canary("longhorn longhorn-optane");
const lab = [longhornClass(), longhornClass("longhorn-optane", 2, "optane"), ...fileShare(), gate];
const dependent = { dependsOn: [gate.urn] };
const ready = resource("command:remote:Command", { create: "true" }, { name: "ready", ...dependent });
const claims = [{ storageClass: "longhorn", sizeGiB: 5, count: 1 }];

const app = claimingComponent("app", claims);
const inner = resource("lab:apps:Part", {}, { name: "inner", parent: app.urn });
/** A component with a release as a child and a workload as a grandchild. */
const children = (dependsOn: readonly string[]) => [
  app,
  inner,
  resource("kubernetes:core/v1:Namespace", {}, { name: "app", parent: app.urn }),
  { ...release({ name: "chart" }, "chart"), parent: app.urn, ...dependent },
  { ...deployment({}), parent: inner.urn, dependsOn },
];

describePolicy(storageGate, {
  valid: [
    ...lab,
    ready,
    volumeClaim("a", 1, {}, dependent),
    volumeClaim("through-others", 1, {}, { dependsOn: [ready.urn] }),
    statefulSet("b", {}, dependent),
    postgres("c", { storage: { size: "1Gi", storageClass: "longhorn-optane" } }, dependent),
    ...children([gate.urn]),
    claimingComponent("without-children", claims, dependent),
    volumeClaim("scratch", 1, { storageClassName: "local-path" }),
    volumeClaim("media", 1, { storageClassName: "nfs-media" }),
    volumeClaim("later", 1, { storageClassName: unknown }),
    statefulSet("stateless", { volumeClaimTemplates: [] }),
    claimingComponent("claims-nothing", []),
  ],
  invalid: [
    [
      "a claim without dependencies",
      [...lab, volumeClaim("a", 1)],
      "a.dependsOn: has no dependency on storage-canary, directly or indirectly, although PersistentVolumeClaim data/a claims Longhorn volumes (longhorn)",
    ],
    [
      "a claim with another dependency",
      [...lab, volumeClaim("a", 1, {}, { dependsOn: [longhornClass().urn] })],
      "a.dependsOn",
    ],
    [
      "a claim without a class, where Longhorn's is the default",
      [...lab, volumeClaim("a", 1, { storageClassName: undefined })],
      "claims Longhorn volumes (longhorn)",
    ],
    [
      "a StatefulSet without dependencies",
      [...lab, statefulSet("b")],
      "b.dependsOn",
      "StatefulSet data/b claims Longhorn volumes",
    ],
    ["a PostgreSQL cluster without dependencies", [...lab, postgres("c")], "c.dependsOn", "Cluster data/c"],
    [
      "a workload in a component of which only the component depends on the canary",
      [...lab, ...children([]).map((each) => (each === app ? { ...app, ...dependent } : each))],
      "it.dependsOn: has no dependency on storage-canary, directly or indirectly, although app claims",
    ],
    [
      "a component without pods of its own",
      [...lab, claimingComponent("without-children", claims)],
      "without-children.dependsOn",
    ],
    [
      "a dependency on a canary of another class",
      [
        longhornClass("longhorn-optane", 2, "optane"),
        canary("longhorn"),
        volumeClaim("a", 1, { storageClassName: "longhorn-optane" }, dependent),
      ],
      "has only storage-canary, which does not test the class",
    ],
    [
      "a claim in a stack without a canary",
      [longhornClass(), volumeClaim("a", 1, {}, dependent)],
      "has no storage canary, since no command of the stack runs verify-storage.sh",
    ],
    [
      "a command named like the canary that runs another script",
      [
        longhornClass(),
        guestCommand("verify-cpu.sh", {}, "storage-canary"),
        volumeClaim("a", 1, {}, dependent),
      ],
      "no command of the stack runs verify-storage.sh",
    ],
  ],
});

test("reports once a child with claims in a component with claims (S11)", () => {
  const own = statefulSet("own", {}, { parent: app.urn });
  expect(violationsOf(storageGate, [...lab, app, own]).map(({ resource }) => resource)).toEqual([own]);
});

test("accepts a canary with unknown settings for every class (S11)", () => {
  const later = resource(
    "command:remote:Command",
    { create: "sudo /opt/homelab/guest/verify-storage.sh", stdin: unknown },
    { name: "storage-canary" },
  );
  const claim = volumeClaim("a", 1, {}, { dependsOn: [later.urn] });
  expect(violationsOf(storageGate, [longhornClass(), later, claim])).toEqual([]);
});

test("ends with dependencies that form a circle (S11)", () => {
  const [one, other] = [volumeClaim("one", 1), volumeClaim("other", 1)];
  const circle = [
    { ...one, dependsOn: [other.urn] },
    { ...other, dependsOn: [one.urn] },
  ];
  expect(violationsOf(storageGate, [...lab, ...circle])).toHaveLength(2);
});
