import { expect, test } from "vitest";
import { unknownValue } from "../queries/known.ts";
import { resource, unknown } from "../testing/resources.ts";
import { claimingComponent, postgres, statefulSet, volumeClaim } from "../testing/storageResources.ts";
import { claimsOf } from "./storageClaims.ts";

const summary = (claimer: Parameters<typeof claimsOf>[0]) =>
  claimsOf(claimer).map(({ classField, storageClass, sizeGiB, count }) => [
    classField,
    storageClass,
    sizeGiB,
    count,
  ]);

test("returns one volume for a PersistentVolumeClaim", () =>
  expect(summary(volumeClaim("media", 20))).toEqual([["spec.storageClassName", "longhorn", 20, 1]]));

test("returns a volume per pod for each template of a StatefulSet", () => {
  const template = (name: string, storage: string) => ({
    metadata: { name },
    spec: { storageClassName: name, resources: { requests: { storage } } },
  });
  const volumeClaimTemplates = [template("data", "1Ti"), template("log", "512Mi")];
  expect(summary(statefulSet("db", { replicas: 3, volumeClaimTemplates }))).toEqual([
    ["spec.volumeClaimTemplates[0].spec.storageClassName", "data", 1024, 3],
    ["spec.volumeClaimTemplates[1].spec.storageClassName", "log", 0.5, 3],
  ]);
});

test("assumes one pod for a StatefulSet without replicas", () =>
  expect(summary(statefulSet("db", { replicas: undefined }))).toMatchObject([
    [expect.anything(), "longhorn", 10, 1],
  ]));

test("returns data, WAL and tablespaces per instance of a PostgreSQL cluster", () =>
  expect(
    summary(
      postgres("db", {
        storage: {
          pvcTemplate: { storageClassName: "fast", resources: { requests: { storage: "50Gi" } } },
        },
        walStorage: { size: "5Gi" },
        tablespaces: [{ name: "archive", storage: { size: "100Gi", storageClass: "longhorn" } }],
      }),
    ),
  ).toEqual([
    ["spec.storage.storageClass", "fast", 50, 3],
    ["spec.walStorage.storageClass", undefined, 5, 3],
    ["spec.tablespaces[0].storage.storageClass", "longhorn", 100, 3],
  ]));

test("returns the claims that a component declares for its chart", () =>
  expect(
    summary(
      claimingComponent("monitoring", [
        { storageClass: "longhorn", sizeGiB: 30, count: 2 },
        { storageClass: "nfs-media", sizeGiB: 5 },
      ]),
    ),
  ).toEqual([
    ["claims[0].storageClass", "longhorn", 30, 2],
    ["claims[1].storageClass", "nfs-media", 5, 1],
  ]));

test.each([
  ["a PersistentVolumeClaim", volumeClaim("a", 1, { storageClassName: unknown, resources: unknown })],
  ["a StatefulSet", statefulSet("a", { replicas: unknown, volumeClaimTemplates: unknown })],
  ["a PostgreSQL cluster", postgres("a", { instances: unknown, storage: unknown })],
  ["a component", claimingComponent("a", unknown)],
  ["a claim of a component", claimingComponent("a", [unknown])],
])("returns unknown values of %s as unknown", (_what, claimer) =>
  expect(claimsOf(claimer)).toMatchObject([{ storageClass: unknownValue, sizeGiB: undefined }]),
);

test("returns no claims for a patch, nor for a resource of another provider", () =>
  expect(
    [
      resource("kubernetes:core/v1:PersistentVolumeClaimPatch", { spec: {} }),
      resource("aws:rds/cluster:Cluster", { claims: [{ storageClass: "longhorn", sizeGiB: 1 }] }),
    ].flatMap(claimsOf),
  ).toEqual([]));
