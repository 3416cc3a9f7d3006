import { describePolicy } from "../testing/describePolicy.ts";
import { machine } from "../testing/resources.ts";
import { cpuHost } from "./cpuHost.ts";

describePolicy(cpuHost, {
  valid: [machine()],
  invalid: [
    [
      "a CPU type that hides AVX",
      [machine("four", (vm) => (vm.cpu.type = "kvm64"))],
      'four.cpu.type = "kvm64": is not host',
    ],
    [
      "a VM without a CPU type",
      [machine("four", (vm) => (vm.cpu = { cores: 4 }))],
      "four.cpu.type: is not host",
    ],
    ["a VM without a CPU", [machine("four", (vm) => delete vm.cpu)], "four.cpu.type: is not host"],
  ],
});
