import type { Simulator } from "../simulator/simulator.ts";
import { commandFakeProvider, commandWorldOf } from "./command.ts";
import type { FakeProvider } from "./fakeProvider.ts";
import { kubernetesFakeProvider } from "./kubernetes.ts";
import { proxmoxveFakeProvider } from "./proxmoxve.ts";
import { randomFakeProvider } from "./random.ts";
import { tlsFakeProvider } from "./tls.ts";

/** A fake provider for each provider that the program uses, all with one simulator. */
export function fakeProvidersFor(simulator: Simulator): FakeProvider[] {
  return [
    proxmoxveFakeProvider(simulator),
    commandFakeProvider(commandWorldOf(simulator)),
    tlsFakeProvider,
    randomFakeProvider,
    kubernetesFakeProvider(simulator),
  ];
}
