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
    input: "REQUIRED_FLAGS=avx avx2\nEXPECTED_TYPE=host\nSETTING=lab:nodes.k3s-worker02\n",
    encoding: "utf8",
    env: { PATH: process.env.PATH, LAB_CPUINFO: cpuinfo },
  });
}

test("passes the lab's own CPU", () => {
  const { status, stdout } = gate("13th Gen Intel(R) Core(TM) i9-13900H", "fpu sse4_2 avx avx2 avx_vnni");
  expect(stdout).toContain("unchanged: CPU '13th Gen Intel(R) Core(TM) i9-13900H' has avx avx2");
  expect(status).toBe(0);
});

test("stops the CPU type that killed MongoDB, and says which setting", () => {
  const { status, stderr } = gate("QEMU Virtual CPU version 2.5+", "fpu sse4_2");
  expect(stderr).toContain(
    "REFUSED (C1): expected the CPU flags avx avx2, and found a 'QEMU Virtual CPU version 2.5+' without avx avx2",
  );
  expect(stderr).toContain("lab:nodes.k3s-worker02");
  expect(stderr).toContain("stop and start the machine");
  expect(status).toBe(1);
});

test("a flag that only begins like the one needed is not it", () => {
  const { status, stderr } = gate("Some Old CPU", "fpu avx avx_vnni");
  expect(stderr).toContain("without avx2");
  expect(stderr).toContain("take what needs it off this node");
  expect(status).toBe(1);
});
