// Measurements of the guest scripts, not tests. Needs root and the packages of .ci/packages.txt:
// node bench/guest.ts [disks] [network] [k3s] [node]
import Table from "cli-table3";
import type { Node } from "../config/lab.ts";
import { LoopDevices } from "../guest/testing/disks.ts";
import { configure, lab, Member } from "../guest/testing/k3s/member.ts";
import { Segment } from "../guest/testing/segment.ts";
import { VirtualNode } from "../guest/testing/vm/node.ts";

const table = new Table({ head: ["what", "seconds", "goal"], style: { head: [], border: [] } });
const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

async function time(what: () => unknown): Promise<number> {
  const began = performance.now();
  await what();
  return (performance.now() - began) / 1000;
}

/** 500 GB as disk vendors count it. */
const gib = Math.floor(500e9 / 1024 ** 3);
const disks = ["A", "B", "C"].map((serial) => `${serial.toLowerCase()}:${serial}:${gib}`).join(" ");

function ended({ status, stderr }: { status: number | null; stderr: string }, expected: number): void {
  if (status !== expected) throw new Error(`it ended with ${status}: ${stderr}`);
}

async function benchDisks(): Promise<void> {
  const first: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const bench = new LoopDevices();
    try {
      for (const serial of ["A", "B", "C"]) bench.attach(serial, gib);
      first.push(await time(() => ended(bench.prepare({ disks }), 0)));
      again.push(await time(() => ended(bench.prepare({ disks }), 0)));
    } finally {
      bench.dispose();
    }
  }
  table.push(
    ["prepare-disks.sh, three blank disks of 500 GB (sparse), median of 3", median(first).toFixed(1), "30"],
    ["a second run, nothing to do", median(again).toFixed(1), "5"],
  );
}

async function benchDeadNetwork(): Promise<void> {
  const dead: [string, (segment: Segment) => void][] = [
    ["a cut cable", (segment) => segment.far("link", "set", "far0", "down")],
    ["dead DNS", (segment) => segment.stopServers()],
    [
      "a router that drops every packet",
      (segment) => segment.far("address", "delete", "1.1.1.1/32", "dev", "lo"),
    ],
  ];
  for (const [what, kill] of dead) {
    const segment = new Segment(`bench-${process.pid}`);
    try {
      await segment.startDns();
      kill(segment);
      const seconds = await time(async () => ended(await segment.gate(), 1));
      table.push([`verify-network.sh on ${what}`, seconds.toFixed(1), "20"]);
    } finally {
      segment.dispose();
    }
  }
}

async function benchK3s(): Promise<void> {
  const node = await Member.start("server-1");
  try {
    const release = await node.publish("v1.36.2+k3s1");
    const both = async () => {
      await node.changesOf("configure-k3s.sh", configure());
      return node.changesOf("install-k3s.sh", release);
    };
    await both();
    const again: number[] = [];
    for (let run = 0; run < 3; run += 1) again.push(await time(both));
    table.push([
      "configure-k3s.sh and install-k3s.sh on a server, nothing to do, median of 3",
      median(again).toFixed(1),
      "5",
    ]);
  } finally {
    await node.stop();
  }
}

async function benchNothingToDo(): Promise<void> {
  const node = await VirtualNode.start("trixie", lab.agents[0] as Node, "max");
  try {
    const fresh = await time(() => node.prepare());
    const again: number[] = [];
    for (let run = 0; run < 3; run += 1) again.push(await time(() => node.prepare()));
    table.push(
      ["all steps of a fresh agent, in an emulated machine", fresh.toFixed(1), ""],
      ["a second run, nothing to do, emulated, median of 3", median(again).toFixed(1), "5"],
    );
  } finally {
    await node.stop();
  }
}

const parts = { disks: benchDisks, network: benchDeadNetwork, k3s: benchK3s, node: benchNothingToDo };
const wanted = process.argv.slice(2);
for (const [name, part] of Object.entries(parts))
  if (wanted.length === 0 || wanted.includes(name)) await part();
console.log(table.toString());
