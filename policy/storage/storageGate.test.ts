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
const waiting = { dependsOn: [gate.urn] };
const ready = resource("command:remote:Command", { create: "true" }, { name: "ready", ...waiting });
const claims = [{ storageClass: "longhorn", sizeGiB: 5, count: 1 }];

const app = claimingComponent("app", claims);
const inner = resource("lab:apps:Part", {}, { name: "inner", parent: app.urn });
/** A release and a workload below a component, the one directly and the other further down. */
const children = (dependsOn: readonly string[]) => [
  app,
  inner,
  resource("kubernetes:core/v1:Namespace", {}, { name: "app", parent: app.urn }),
  { ...release({ name: "chart" }, "chart"), parent: app.urn, ...waiting },
  { ...deployment({}), parent: inner.urn, dependsOn },
];

describePolicy(storageGate, {
  valid: [
    ...lab,
    ready,
    volumeClaim("a", 1, {}, waiting),
    volumeClaim("through-others", 1, {}, { dependsOn: [ready.urn] }),
    statefulSet("b", {}, waiting),
    postgres("c", { storage: { size: "1Gi", storageClass: "longhorn-optane" } }, waiting),
    ...children([gate.urn]),
    claimingComponent("without-children", claims, waiting),
    volumeClaim("scratch", 1, { storageClassName: "local-path" }),
    volumeClaim("media", 1, { storageClassName: "nfs-media" }),
    volumeClaim("later", 1, { storageClassName: unknown }),
    statefulSet("stateless", { volumeClaimTemplates: [] }),
    claimingComponent("claims-nothing", []),
  ],
  invalid: [
    [
      "a claim that waits for nothing",
      [...lab, volumeClaim("a", 1)],
      "a.dependsOn claims volumes of longhorn and waits for nothing that waits for storage-canary: PersistentVolumeClaim data/a could start",
    ],
    [
      "a claim that waits for something else",
      [...lab, volumeClaim("a", 1, {}, { dependsOn: [longhornClass().urn] })],
      "a.dependsOn",
    ],
    [
      "a claim that names no class, where Longhorn's is the default one",
      [...lab, volumeClaim("a", 1, { storageClassName: undefined })],
      "claims volumes of longhorn",
    ],
    ["a StatefulSet", [...lab, statefulSet("b")], "b.dependsOn", "StatefulSet data/b"],
    ["a Postgres cluster", [...lab, postgres("c")], "c.dependsOn", "Cluster data/c"],
    [
      "what runs in a component, though the component waits",
      [...lab, ...children([]).map((each) => (each === app ? { ...app, ...waiting } : each))],
      "it.dependsOn claims volumes of longhorn, by app,",
    ],
    [
      "a component with nothing in it that runs",
      [...lab, claimingComponent("without-children", claims)],
      "without-children.dependsOn",
    ],
    [
      "a canary that has not tried the class",
      [
        longhornClass("longhorn-optane", 2, "optane"),
        canary("longhorn"),
        volumeClaim("a", 1, { storageClassName: "longhorn-optane" }, waiting),
      ],
      "waits only for storage-canary, which tries other classes",
    ],
    [
      "no canary at all",
      [longhornClass(), volumeClaim("a", 1, {}, waiting)],
      "there is no step that runs verify-storage.sh",
    ],
    [
      "a step of that name that does something else",
      [
        longhornClass(),
        guestCommand("verify-cpu.sh", {}, "storage-canary"),
        volumeClaim("a", 1, {}, waiting),
      ],
      "there is no step that runs verify-storage.sh",
    ],
  ],
});

test("what claims by itself in a component that claims is told once", () => {
  const own = statefulSet("own", {}, { parent: app.urn });
  expect(violationsOf(storageGate, [...lab, app, own]).map(({ resource }) => resource)).toEqual([own]);
});

test("a canary whose settings are not known yet may try any class", () => {
  const later = resource(
    "command:remote:Command",
    { create: "sudo /opt/homelab/guest/verify-storage.sh", stdin: unknown },
    { name: "storage-canary" },
  );
  const claim = volumeClaim("a", 1, {}, { dependsOn: [later.urn] });
  expect(violationsOf(storageGate, [longhornClass(), later, claim])).toEqual([]);
});

test("resources that wait for each other are gone through once", () => {
  const [one, other] = ["one", "other"].map((name) => volumeClaim(name, 1));
  if (one === undefined || other === undefined) throw new Error("there are two");
  const circle = [
    { ...one, dependsOn: [other.urn] },
    { ...other, dependsOn: [one.urn] },
  ];
  expect(violationsOf(storageGate, [...lab, ...circle])).toHaveLength(2);
});
