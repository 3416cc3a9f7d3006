import type { DataCentre } from "../dataCentre/dataCentre.ts";
import { commandStandIn, commandWorldOf } from "./command.ts";
import { kubernetesStandIn } from "./kubernetes.ts";
import { proxmoxveStandIn } from "./proxmoxve.ts";
import { randomStandIn } from "./random.ts";
import type { StandIn } from "./standIn.ts";
import { tlsStandIn } from "./tls.ts";

/** A stand-in for every provider that the program uses, all on one data centre. */
export function standInsFor(dataCentre: DataCentre): StandIn[] {
  return [
    proxmoxveStandIn(dataCentre),
    commandStandIn(commandWorldOf(dataCentre)),
    tlsStandIn,
    randomStandIn,
    kubernetesStandIn(dataCentre),
  ];
}
