import fc from "fast-check";
import { expect, test } from "vitest";
import { storageType } from "../../components/storage/storageClasses.ts";
import { resource, unknown } from "../testing/testing.ts";
import {
  claiming,
  disk,
  fileShare,
  labNode,
  longhornClass,
  postgres,
  statefulSet,
  storage,
  volumeClaim,
} from "../testing/testingStorage.ts";
import { storageRoom, tierName } from "./storageRoom.ts";

const nodes = [
  labNode("k3s1", { disks: [disk(200, "optane", "nvme"), { ...disk(500), name: "data2" }] }),
  labNode("k3s2", { disks: [disk(200, "optane")] }),
  labNode("k3s3", { disks: [] }),
];
const classes = [longhornClass("longhorn", 2), longhornClass("longhorn-optane", 2, "optane")];

const figures = (room: ReturnType<typeof storageRoom>) =>
  room?.tiers.map((tier) => [tierName(tier), tier.diskGiB, tier.usableGiB, tier.askedGiB]);

test("every claim counts with its replicas, on its own tier and on all disks", () =>
  expect(
    figures(
      storageRoom([
        ...nodes,
        ...classes,
        ...fileShare(),
        storage,
        volumeClaim("one", 20),
        volumeClaim("media", 900, { storageClassName: "nfs-media" }),
        statefulSet("two"),
        postgres("three", { storage: { size: "5Gi", storageClass: "longhorn-optane" } }),
        claiming("four", [{ storageClass: "longhorn-optane", sizeGiB: 1, count: 4 }]),
      ]),
    ),
  ).toEqual([
    // 3 × 5 GiB × 2 and 4 × 1 GiB × 2
    ["disks tagged optane", 400, 280, 38],
    // 20 GiB × 2, 2 × 10 GiB × 2, and those above
    ["all disks", 900, 630, 118],
  ]));

test("a claim that names no class counts for the default one", () =>
  expect(
    figures(storageRoom([...nodes, ...classes, volumeClaim("a", 20, { storageClassName: undefined })]))?.at(
      -1,
    ),
  ).toEqual(["all disks", 900, 630, 40]));

test("a selector of several tags takes disks that carry all of them", () =>
  expect(
    figures(
      storageRoom([
        ...nodes,
        longhornClass("longhorn-both", 1, "nvme, optane"),
        longhornClass("longhorn-same", 1, "optane,nvme"),
      ]),
    ),
  ).toEqual([
    ["disks tagged nvme and optane", 200, 140, 0],
    ["all disks", 900, 630, 0],
  ]));

test("the storage component says what is kept free; where it does not, a lesson's 30 % are", () => {
  const percent = (...more: Parameters<typeof storageRoom>[0]) =>
    storageRoom([...nodes, ...more])?.reservePercent;
  expect(percent()).toBe(30);
  expect(percent(resource(storageType, { reservePercent: 25 }))).toBe(25);
  expect(percent(resource(storageType, { reservePercent: unknown }))).toBe(30);
});

test("what is not known of a claim counts as nothing; what is not known of the disks stops the sum", () => {
  expect(
    figures(
      storageRoom([
        ...nodes,
        ...classes,
        volumeClaim("a", 1, { resources: unknown }),
        volumeClaim("b", 1, { storageClassName: unknown }),
      ]),
    ),
  ).toContainEqual(["all disks", 900, 630, 0]);
  expect(storageRoom([...nodes, labNode("k3s4", { disks: unknown })])).toBeUndefined();
});

test("there is nothing to show where there is neither a disk nor a class", () =>
  expect(storageRoom([labNode("k3s1", { disks: [] })])?.tiers).toEqual([]));

test("a tier never has more disks, nor more asked of it, than all of them", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 999 }), fc.subarray(["a", "b"])), { maxLength: 5 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom("longhorn", "la", "lb")), {
        maxLength: 5,
      }),
      (disks, claims) => {
        const room = storageRoom([
          ...disks.map(([size, tags], index) => labNode(`n${index}`, { disks: [disk(size, ...tags)] })),
          longhornClass("longhorn", 1),
          longhornClass("la", 2, "a"),
          longhornClass("lb", 3, "b"),
          ...claims.map(([size, storageClassName], index) =>
            volumeClaim(`c${index}`, size, { storageClassName }),
          ),
        ]);
        const tiers = room?.tiers ?? [];
        const all = tiers.at(-1);
        expect(tiers).toHaveLength(3);
        expect(all?.claims).toHaveLength(claims.length);
        for (const tier of tiers) {
          expect(tier.diskGiB).toBeLessThanOrEqual(all?.diskGiB ?? -1);
          expect(tier.usableGiB).toBeLessThanOrEqual(all?.usableGiB ?? -1);
          expect(tier.askedGiB).toBeLessThanOrEqual(all?.askedGiB ?? -1);
        }
      },
    ),
  ));
