import fc from "fast-check";
import { expect, test } from "vitest";
import { resource, unknown } from "../testing/resources.ts";
import {
  claimingComponent,
  disk,
  fileShare,
  labNode,
  longhornClass,
  postgres,
  statefulSet,
  storage,
  volumeClaim,
} from "../testing/storageResources.ts";
import { longhornCapacity, tierName } from "./longhornCapacity.ts";

const nodes = [
  labNode("k3s1", { disks: [disk(200, "optane", "nvme"), { ...disk(500), name: "data2" }] }),
  labNode("k3s2", { disks: [disk(200, "optane")] }),
  labNode("k3s3", { disks: [] }),
];
const classes = [longhornClass("longhorn", 2), longhornClass("longhorn-optane", 2, "optane")];

const summary = (capacity: ReturnType<typeof longhornCapacity>) =>
  capacity?.tiers.map((tier) => [tierName(tier), tier.capacityGiB, tier.allocatableGiB, tier.requestedGiB]);

test("adds every claim with its replicas to its tier and to the tier of all disks", () =>
  expect(
    summary(
      longhornCapacity([
        ...nodes,
        ...classes,
        ...fileShare(),
        storage,
        volumeClaim("one", 20),
        volumeClaim("media", 900, { storageClassName: "nfs-media" }),
        statefulSet("two"),
        postgres("three", { storage: { size: "5Gi", storageClass: "longhorn-optane" } }),
        claimingComponent("four", [{ storageClass: "longhorn-optane", sizeGiB: 1, count: 4 }]),
      ]),
    ),
  ).toEqual([
    // 3 × 5 GiB × 2 and 4 × 1 GiB × 2
    ["disks tagged optane", 400, 280, 38],
    // 20 GiB × 2, 2 × 10 GiB × 2, and those above
    ["all disks", 900, 630, 118],
  ]));

test("adds a claim without a class to the default class", () =>
  expect(
    summary(
      longhornCapacity([...nodes, ...classes, volumeClaim("a", 20, { storageClassName: undefined })]),
    )?.at(-1),
  ).toEqual(["all disks", 900, 630, 40]));

test("selects the disks with all tags of a disk selector", () =>
  expect(
    summary(
      longhornCapacity([
        ...nodes,
        longhornClass("longhorn-both", 1, "nvme, optane"),
        longhornClass("longhorn-same", 1, "optane,nvme"),
      ]),
    ),
  ).toEqual([
    ["disks tagged nvme and optane", 200, 140, 0],
    ["all disks", 900, 630, 0],
  ]));

test("takes the reserve from the storage component, or the 30 % of lesson S9", () => {
  const percent = (...more: Parameters<typeof longhornCapacity>[0]) =>
    longhornCapacity([...nodes, ...more])?.reservePercent;
  expect(percent()).toBe(30);
  expect(percent(resource("lab:storage:Storage", { reservePercent: 25 }))).toBe(25);
  expect(percent(resource("lab:storage:Storage", { reservePercent: unknown }))).toBe(30);
});

test("counts an unknown claim as zero, and has no result for unknown disks", () => {
  expect(
    summary(
      longhornCapacity([
        ...nodes,
        ...classes,
        volumeClaim("a", 1, { resources: unknown }),
        volumeClaim("b", 1, { storageClassName: unknown }),
      ]),
    ),
  ).toContainEqual(["all disks", 900, 630, 0]);
  expect(longhornCapacity([...nodes, labNode("k3s4", { disks: unknown })])).toBeUndefined();
});

test("returns no tiers without a disk and a class", () =>
  expect(longhornCapacity([labNode("k3s1", { disks: [] })])?.tiers).toEqual([]));

test("never gives a tier more capacity or claims than the tier of all disks", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 999 }), fc.subarray(["a", "b"])), { maxLength: 5 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom("longhorn", "la", "lb")), {
        maxLength: 5,
      }),
      (disks, claims) => {
        const capacity = longhornCapacity([
          ...disks.map(([size, tags], index) => labNode(`n${index}`, { disks: [disk(size, ...tags)] })),
          longhornClass("longhorn", 1),
          longhornClass("la", 2, "a"),
          longhornClass("lb", 3, "b"),
          ...claims.map(([size, storageClassName], index) =>
            volumeClaim(`c${index}`, size, { storageClassName }),
          ),
        ]);
        const tiers = capacity?.tiers ?? [];
        const all = tiers.at(-1);
        expect(tiers).toHaveLength(3);
        expect(all?.claims).toHaveLength(claims.length);
        for (const tier of tiers) {
          expect(tier.capacityGiB).toBeLessThanOrEqual(all?.capacityGiB ?? -1);
          expect(tier.allocatableGiB).toBeLessThanOrEqual(all?.allocatableGiB ?? -1);
          expect(tier.requestedGiB).toBeLessThanOrEqual(all?.requestedGiB ?? -1);
        }
      },
    ),
  ));
