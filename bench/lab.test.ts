import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readLab } from "../config/read.ts";
import { parseStackFile } from "../config/source.ts";
import { baseFile } from "./base.ts";
import { labOf } from "./lab.ts";

test.each([7, 10, 200])("accepts a benchmark lab of %i nodes as a valid configuration", (count) => {
  const text = labOf(count, readFileSync(baseFile, "utf8"));
  const lab = readLab("bench", parseStackFile("bench", text));
  expect([lab.servers.length, lab.agents.length]).toEqual([3, count - 3]);
});
