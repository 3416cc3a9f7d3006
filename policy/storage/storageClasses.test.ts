import { expect, test } from "vitest";
import { cluster, object, unknown } from "../testing/resources.ts";
import { fileShare, longhorn, longhornClass, volumeClaim } from "../testing/storageResources.ts";
import { claimsOf } from "./storageClaims.ts";
import { classOf, placeOf, placeOfClass, storageClassesOf } from "./storageClasses.ts";

const chart = (persistence: object) => longhorn({ values: { persistence } });
const other = (provisioner: unknown, name = "it") =>
  object("storage.k8s.io/v1:StorageClass", { name }, { provisioner }, name);

test.each<[string, Parameters<typeof storageClassesOf>[0], string | undefined]>([
  ["an object that says so", [longhornClass("longhorn"), longhornClass("fast")], "longhorn"],
  ["the chart's class, which is one unless told not to be", [chart({})], "longhorn"],
  ["no class, where the chart's is told not to be", [chart({ defaultClass: false })], undefined],
  ["no class, where none says so", [longhornClass("fast")], undefined],
  [
    "no class, where two say so",
    [longhornClass("longhorn"), { ...longhornClass("longhorn"), name: "too" }],
    undefined,
  ],
  ["no class, where its name is still to be chosen", [longhornClass(unknown)], undefined],
])("the default is %s", (_what, resources, name) => expect(storageClassesOf(resources).fallback).toBe(name));

test.each<[string, Parameters<typeof storageClassesOf>[0], string]>([
  ["Longhorn, by its driver", [longhornClass("it")], "longhorn"],
  ["a node, by K3s' own provisioner", [other("rancher.io/local-path")], "local"],
  ["NFS, by a driver", [other("nfs.csi.k8s.io")], "nfs"],
  ["NFS, by a provisioner of a chart", [other("cluster.local/nfs-subdir-external-provisioner")], "nfs"],
  ["NFS, by the volumes of a class that makes none", fileShare("it"), "nfs"],
  ["somewhere else", [other("example.com/confs")], "other"],
  ["what is not known yet", [other(unknown)], "other"],
])("a class puts its volumes in %s", (_what, resources, place) =>
  expect(placeOfClass("it", storageClassesOf(resources))).toBe(place),
);

test.each([
  ["nfs", { nfs: { server: "10.0.0.9" } }],
  ["local", { hostPath: { path: "/srv" } }],
  ["local", { local: { path: "/srv" } }],
  ["longhorn", { csi: { driver: "driver.longhorn.io" } }],
  ["other", { csi: { driver: "example.com" } }],
])("a volume that is there already lies in %s", (place, source) => {
  const volume = object(
    "core/v1:PersistentVolume",
    { name: "pv" },
    { spec: { storageClassName: "it", ...source } },
  );
  expect(storageClassesOf([volume]).places.get("it")).toBe(place);
});

test("K3s brings local-path, unless it leaves local storage out", () => {
  expect([...storageClassesOf([cluster()]).places.keys()]).toEqual(["local-path"]);
  expect([...storageClassesOf([cluster({ disabled: ["local-storage"] })]).places.keys()]).toEqual([]);
});

test("a class that is only patched is there, and known by its name", () => {
  const patch = (name: string) => object("storage.k8s.io/v1:StorageClassPatch", { name }, {}, name);
  const { places } = storageClassesOf(["local-path", "longhorn-static", "nfs-media", "nfsish"].map(patch));
  expect([...places]).toEqual([
    ["local-path", "local"],
    ["longhorn-static", "longhorn"],
    ["nfs-media", "nfs"],
    ["nfsish", "other"],
  ]);
});

test("a claim that names no class gets the default one, and one that is not known yet gets none so far", () => {
  const classes = storageClassesOf([longhornClass("longhorn")]);
  const [guess] = claimsOf(volumeClaim("a", 1, { storageClassName: undefined }));
  const [later] = claimsOf(volumeClaim("a", 1, { storageClassName: unknown }));
  const [there] = claimsOf(volumeClaim("a", 1, { storageClassName: "" }));
  if (guess === undefined || later === undefined || there === undefined) throw new Error("each is a claim");
  expect([classOf(guess, classes), placeOf(guess, classes)]).toEqual(["longhorn", "longhorn"]);
  expect([classOf(later, classes), placeOf(later, classes)]).toEqual([undefined, undefined]);
  expect([classOf(there, classes), placeOf(there, classes)]).toEqual(["", "other"]);
});
