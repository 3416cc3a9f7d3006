import { expect, test } from "vitest";
import { readLab } from "../read.ts";
import { readStackFile } from "../source.ts";
import { balance, datastoreBalance } from "./capacity.ts";

test("adds up the reference lab: 104 of 108 GiB memory, 30 of 40 cores, 1320 of 1530 GiB disk", () => {
  const { config } = readLab("homelab", readStackFile("test/reference.yaml"));
  expect(balance(config)).toEqual([
    {
      host: "hypervisor",
      machines: 7,
      memory: { asked: 3 * 8 + 4 * 20, available: 125 - 17 },
      cores: { asked: 3 * 2 + 4 * 6, available: 20 * 2 },
    },
  ]);
  expect(datastoreBalance(config)).toEqual([
    { name: "fast", hosts: ["hypervisor"], asked: 3 * 40 + 4 * (100 + 200), available: 1530 },
    { name: "files", hosts: ["hypervisor"], asked: 0, available: 81 },
  ]);
});
