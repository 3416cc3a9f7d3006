import { describePolicy, machine } from "../testing/testing.ts";
import { cpuHost } from "./cpuHost.ts";

describePolicy(cpuHost, {
  good: [machine()],
  broken: [
    [
      "the type that hid AVX",
      [machine("worker-1", (vm) => (vm.cpu.type = "kvm64"))],
      "worker-1.cpu.type",
      "kvm64",
    ],
    ["a machine without a type", [machine("worker-1", (vm) => (vm.cpu = { cores: 4 }))], "cpu.type"],
    ["a machine without a CPU", [machine("worker-1", (vm) => delete vm.cpu)], "cpu.type"],
  ],
});
