import { expect, test } from "vitest";
import { cluster, object, unknown } from "../testing/resources.ts";
import { fileShare, longhorn, longhornClass, volumeClaim } from "../testing/storageResources.ts";
import { claimsOf } from "./storageClaims.ts";
import { backendOf, backendOfClass, classOf, createsClass, storageClassesOf } from "./storageClasses.ts";

const chart = (persistence: object) => longhorn({ values: { persistence } });
const other = (provisioner: unknown, name = "it") =>
  object("storage.k8s.io/v1:StorageClass", { name }, { provisioner }, name);

test.each<[string, Parameters<typeof storageClassesOf>[0], string | undefined]>([
  ["the class with the annotation", [longhornClass("longhorn"), longhornClass("fast")], "longhorn"],
  ["the chart's class by the chart's default", [chart({})], "longhorn"],
  ["no class where defaultClass is false", [chart({ defaultClass: false })], undefined],
  ["no class without an annotation", [longhornClass("fast")], undefined],
  [
    "no class where two have the annotation",
    [longhornClass("longhorn"), { ...longhornClass("longhorn"), name: "too" }],
    undefined,
  ],
  ["no class where its name is unknown", [longhornClass(unknown)], undefined],
])("finds as the default %s", (_what, resources, name) =>
  expect(storageClassesOf(resources).defaultClass).toBe(name),
);

test.each<[string, Parameters<typeof storageClassesOf>[0], string]>([
  ["Longhorn by its driver", [longhornClass("it")], "longhorn"],
  ["the node by K3s's provisioner", [other("rancher.io/local-path")], "local"],
  ["NFS by a CSI driver", [other("nfs.csi.k8s.io")], "nfs"],
  ["NFS by a chart's provisioner", [other("cluster.local/nfs-subdir-external-provisioner")], "nfs"],
  ["NFS by the volumes of a class without a provisioner", fileShare("it"), "nfs"],
  ["another backend", [other("example.com/confs")], "other"],
  ["another backend for an unknown provisioner", [other(unknown)], "other"],
])("recognizes as the backend of a class %s", (_what, resources, backend) =>
  expect(backendOfClass("it", storageClassesOf(resources))).toBe(backend),
);

test.each([
  ["nfs", { nfs: { server: "10.0.0.9" } }],
  ["local", { hostPath: { path: "/srv" } }],
  ["local", { local: { path: "/srv" } }],
  ["longhorn", { csi: { driver: "driver.longhorn.io" } }],
  ["other", { csi: { driver: "example.com" } }],
])("recognizes an existing volume on the backend %s", (backend, source) => {
  const volume = object(
    "core/v1:PersistentVolume",
    { name: "pv" },
    { spec: { storageClassName: "it", ...source } },
  );
  expect(storageClassesOf([volume]).backends.get("it")).toBe(backend);
});

test("adds local-path for a K3s cluster, unless local-storage is disabled", () => {
  expect([...storageClassesOf([cluster()]).backends.keys()]).toEqual(["local-path"]);
  expect([...storageClassesOf([cluster({ disabled: ["local-storage"] })]).backends.keys()]).toEqual([]);
});

test("recognizes the backend of a patched class by its name", () => {
  const patch = (name: string) => object("storage.k8s.io/v1:StorageClassPatch", { name }, {}, name);
  const { backends } = storageClassesOf(["local-path", "longhorn-static", "nfs-media", "nfsish"].map(patch));
  expect([...backends]).toEqual([
    ["local-path", "local"],
    ["longhorn-static", "longhorn"],
    ["nfs-media", "nfs"],
    ["nfsish", "other"],
  ]);
});

test("resolves the class of a claim: the default where it is not set, none where it is unknown", () => {
  const classes = storageClassesOf([longhornClass("longhorn")]);
  const [unset] = claimsOf(volumeClaim("a", 1, { storageClassName: undefined }));
  const [later] = claimsOf(volumeClaim("a", 1, { storageClassName: unknown }));
  const [empty] = claimsOf(volumeClaim("a", 1, { storageClassName: "" }));
  if (unset === undefined || later === undefined || empty === undefined)
    throw new Error("three claims expected");
  expect([classOf(unset, classes), backendOf(unset, classes)]).toEqual(["longhorn", "longhorn"]);
  expect([classOf(later, classes), backendOf(later, classes)]).toEqual([undefined, undefined]);
  expect([classOf(empty, classes), backendOf(empty, classes)]).toEqual(["", "other"]);
});

test("lists as Longhorn's only the classes with its provisioner and a known name", () => {
  const classes = [
    longhornClass("longhorn"),
    other("rancher.io/local-path", "scratch"),
    longhornClass(unknown),
  ];
  expect(storageClassesOf(classes).longhorn.map(({ name }) => name)).toEqual(["longhorn"]);
});

test.each([
  ["1.11.3", { createStorageClass: false }, true],
  ["1.11.3", {}, true],
  ["1.12.0", { createStorageClass: false }, false],
  ["1.12.0", {}, true],
  ["1.12.1", { createStorageClass: false }, false],
  ["latest", { createStorageClass: false }, false],
])(
  "determines for Longhorn %s with %j whether its chart creates a class: %s",
  (version, persistence, expected) =>
    expect(createsClass(longhorn({ version, values: { persistence } }))).toBe(expected),
);

test("does not treat another chart as Longhorn's", () =>
  expect(createsClass(longhorn({ chart: "longhorn-exporter" }))).toBe(false));
