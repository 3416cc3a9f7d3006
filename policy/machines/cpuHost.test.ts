import { describePolicy, machine } from "../testing/testing.ts";
import { cpuHost } from "./cpuHost.ts";

describePolicy(cpuHost, {
  good: [machine()],
  broken: [
    [
      "the type that hid AVX",
      [machine("k3s-worker01", (vm) => (vm.cpu.type = "kvm64"))],
      "k3s-worker01.cpu.type",
      "kvm64",
    ],
    ["a machine without a type", [machine("k3s-worker01", (vm) => (vm.cpu = { cores: 4 }))], "cpu.type"],
    ["a machine without a CPU", [machine("k3s-worker01", (vm) => delete vm.cpu)], "cpu.type"],
  ],
});
