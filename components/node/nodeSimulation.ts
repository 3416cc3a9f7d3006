import type { StepModel } from "../simulation.ts";
import type { RegistryChecks } from "./nodeSteps.ts";

export const verifyCpu: StepModel = ({ machine, text, refused }) => {
  if (machine.description.cpuType !== "host")
    throw refused(
      "C1",
      `the CPU 'QEMU Virtual CPU version 2.5+' lacks the flags, and ${text("REQUIRED_FLAGS")} are required`,
    );
  return "unchanged: the CPU has the required flags";
};

export const prepareDisks: StepModel = ({ machine, words, refused }) => {
  for (const entry of words("DISKS")) {
    const [, serial = "", size = ""] = entry.split(":");
    const found = machine.description.disks.get(serial);
    if (found === undefined) throw refused("S3", `no disk has the serial ${serial}`);
    if (found < Number(size)) throw refused("S9", `${serial} has ${found} GiB, and ${size} are declared`);
  }
  return "changed: mounted";
};

export const verifyNetwork: StepModel = (call) => {
  const { machine, text, words, decoded, refused, routers, machineAt, images } = call;
  const { gateway, vlan } = machine.description;
  if (gateway !== text("GATEWAY"))
    throw refused("N3", `expected the default route via ${text("GATEWAY")}, and found ${gateway}`);
  if (routers.get(vlan) !== gateway)
    throw refused("N3", `the gateway ${gateway} does not answer on VLAN ${vlan}`);
  for (const peer of words("PEERS"))
    if (machineAt(peer) === undefined) throw refused("N3", `${peer} does not answer`);
  images.verify(machine.name, vlan, JSON.parse(decoded("REGISTRIES_B64")) as RegistryChecks);
  return "unchanged: registries";
};
