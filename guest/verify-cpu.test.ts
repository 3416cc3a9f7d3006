import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "verify-cpu-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the gate on a CPU of that model with those flags. */
function gate(model: string, flags: string) {
  const cpuinfo = join(folder, "cpuinfo");
  writeFileSync(
    cpuinfo,
    `processor\t: 0\nmodel name\t: ${model}\nflags\t\t: ${flags}\n\nprocessor\t: 1\nmodel name\t: ${model}\nflags\t\t: ${flags}\n`,
  );
  return spawnSync("guest/verify-cpu.sh", [], {
    input: "REQUIRED_FLAGS=avx avx2\nEXPECTED_TYPE=host\nCONFIG_PATH=lab:nodes.k3s-worker02\n",
    encoding: "utf8",
    env: { PATH: process.env.PATH, LAB_CPUINFO: cpuinfo },
  });
}

test("accepts the lab's own CPU", () => {
  const { status, stdout } = gate("13th Gen Intel(R) Core(TM) i9-13900H", "fpu sse4_2 avx avx2 avx_vnni");
  expect(stdout).toContain("unchanged: CPU '13th Gen Intel(R) Core(TM) i9-13900H' has avx avx2");
  expect(status).toBe(0);
});

test("refuses the CPU type that crashed MongoDB, and names the setting (C1)", () => {
  const { status, stderr } = gate("QEMU Virtual CPU version 2.5+", "fpu sse4_2");
  expect(stderr).toContain(
    "REFUSED (C1): the CPU 'QEMU Virtual CPU version 2.5+' lacks the flags avx avx2, and avx avx2 are required",
  );
  expect(stderr).toContain("lab:nodes.k3s-worker02");
  expect(stderr).toContain("stop and start the virtual machine");
  expect(status).toBe(1);
});

test("does not accept a flag that only starts like the required one (C1)", () => {
  const { status, stderr } = gate("Some Old CPU", "fpu avx avx_vnni");
  expect(stderr).toContain("lacks the flags avx2");
  expect(stderr).toContain("move the workloads that need it to another node");
  expect(status).toBe(1);
});
