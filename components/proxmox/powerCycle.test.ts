import { expect, test } from "vitest";
import { pendingChanges, powerCycleNotice, refusedResize } from "./powerCycle.ts";

const machine = { name: "four", id: 114, host: "pve" };
const inputs = {
  cpu: { type: "host", sockets: 1, cores: 4 },
  memory: { dedicated: 16384, floating: 0 },
  disks: [{ interface: "scsi0", size: 80 }],
  name: "four",
};

test("reports changes of memory and cores as pending until a power cycle", () =>
  expect(
    pendingChanges(inputs, {
      ...inputs,
      memory: { dedicated: 18432, floating: 0 },
      cpu: { ...inputs.cpu, cores: 6 },
    }),
  ).toEqual(["memory.dedicated 16384 → 18432", "cpu.cores 4 → 6"]));

test("does not report a larger disk or another name as pending", () =>
  expect(
    powerCycleNotice(machine, inputs, {
      ...inputs,
      disks: [{ interface: "scsi0", size: 90 }],
      name: "renamed",
    }),
  ).toBeUndefined());

test("names the machine, the pending change and the command in the warning", () => {
  const notice = powerCycleNotice(machine, inputs, {
    ...inputs,
    memory: { dedicated: 18432, floating: 0 },
  });
  for (const part of ["four", "memory.dedicated 16384 → 18432", "qm reboot 114", "pve"])
    expect(notice).toContain(part);
});

const larger = [{ interface: "scsi0", size: 81 }];
const moreMemory = { dedicated: 16385, floating: 0 };

test("rejects a larger disk together with more memory (C3)", () => {
  const [refused, ...others] = refusedResize("four", inputs, {
    ...inputs,
    disks: larger,
    memory: moreMemory,
  });
  expect(refused?.path).toBe("lab:nodes.four");
  expect(refused?.message).toContain("scsi0 together with memory.dedicated 16384 → 16385");
  expect(others).toEqual([]);
});

test.each([
  ["a larger disk alone", { disks: larger }],
  ["more memory alone", { memory: moreMemory }],
  [
    "more memory with a new disk",
    { memory: moreMemory, disks: [...inputs.disks, { interface: "scsi1", size: 10 }] },
  ],
])("accepts an update with %s", (_what, change) =>
  expect(refusedResize("four", inputs, { ...inputs, ...change })).toEqual([]),
);
