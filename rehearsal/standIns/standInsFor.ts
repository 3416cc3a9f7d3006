import type { DataCentre } from "../dataCentre/dataCentre.ts";
import { commandStandIn } from "./command.ts";
import { randomStandIn, tlsStandIn } from "./keys.ts";
import { kubernetesStandIn } from "./kubernetes.ts";
import { proxmoxveStandIn } from "./proxmoxve.ts";
import type { StandIn } from "./standIn.ts";

/** A stand-in for every provider that the program uses, all on one data centre. */
export function standInsFor(dataCentre: DataCentre): StandIn[] {
  return [
    proxmoxveStandIn(dataCentre),
    commandStandIn(dataCentre),
    tlsStandIn,
    randomStandIn,
    kubernetesStandIn(dataCentre),
  ];
}
