import type { RegistryChecks } from "./node/nodeSteps.ts";

/** A Kubernetes object, or a Helm release, as the simulator holds it. */
// biome-ignore lint/suspicious/noExplicitAny: objects have the shape of their kind
export type SimulatedObject = Record<string, any>;

/** A machine that answers on SSH. */
export interface SimulatedMachine {
  readonly name: string;
  readonly address: string;
  readonly description: {
    readonly gateway: string;
    readonly vlan: number;
    readonly cpuType: string;
    /** Sizes of its disks in GiB, by serial. */
    readonly disks: ReadonlyMap<string, number>;
  };
}

/** The Kubernetes API, and the data behind it. */
export interface SimulatedApi {
  /** An object by KIND/NAMESPACE/NAME, or KIND/NAME where it has no namespace. */
  find(key: string): SimulatedObject | undefined;
  list(kind: string): readonly SimulatedObject[];
  put(key: string, object: SimulatedObject): void;
  release(name: string): SimulatedObject | undefined;
  hasNamespace(name: string): boolean;
  /** Whether a CNI gives pods a network. */
  readonly networked: boolean;
  /** Registers API groups whose definitions were applied. */
  define(group: string): void;
  /** The tags of each Longhorn disk, by node. */
  readonly disks: Map<string, readonly (readonly string[])[]>;
  /** Age of the newest Longhorn backup. */
  readonly backupAgeHours: number;
  /** Content of the lab's data, by place (`claimsOf` of the namespace, NAMESPACE/NAME of a PostgreSQL cluster, or a system). */
  readonly data: Map<string, string>;
  readonly offSite: {
    find(folder: string | undefined, place: string): string | undefined;
    claims(folder: string | undefined, place: string): readonly SimulatedObject[];
  };
}

type StepSettings = ReadonlyMap<string, string>;

/** K3s on the machines: how members join, and what the cluster knows of them. */
export interface SimulatedK3s {
  configure(machine: SimulatedMachine, settings: StepSettings): string;
  install(machine: SimulatedMachine, settings: StepSettings): Promise<string>;
  forget(settings: StepSettings, runs: (machine: SimulatedMachine) => boolean): string;
  verify(settings: StepSettings): string;
  kubeconfig(machine: SimulatedMachine): string;
}

/** containerd on every node. */
export interface SimulatedImages {
  configure(node: string, registriesYaml: string): void;
  placeArchive(node: string, url: string): void;
  startK3s(node: string, role: "server" | "agent", hasArchive: boolean): void;
  pull(node: string, image: string): void;
  run(images: readonly string[]): void;
  verify(node: string, vlan: number, questions: RegistryChecks): void;
}

/** One run of a guest script on a simulated machine. */
export interface StepCall {
  readonly machine: SimulatedMachine;
  readonly settings: StepSettings;
  /** A setting as text; empty where it is not set. */
  readonly text: (setting: string) => string;
  /** A setting that is a list, split at its spaces. */
  readonly words: (setting: string) => string[];
  /** A setting that is Base64. */
  readonly decoded: (setting: string) => string;
  /** The error of the script's `refuse`. */
  readonly refused: (lesson: string, why: string) => Error;
  readonly machineAt: (address: string) => SimulatedMachine | undefined;
  /** The gateway that answers on each VLAN. */
  readonly routers: ReadonlyMap<number, string>;
  readonly api: SimulatedApi;
  readonly k3s: SimulatedK3s;
  readonly images: SimulatedImages;
}

/** What a guest script prints last: `changed: WHAT` or `unchanged: WHAT`. @throws Error where the script would fail */
export type StepModel = (call: StepCall) => string | Promise<string>;

/** The model of a script whose effect no later step of a rehearsal depends on. */
export const changesNothingElse: StepModel = () => "changed";

/**
 * Why an object never becomes ready; undefined where it does. The provider waits for readiness as long as its time limit
 * allows, so the reason is what an `up` would fail with.
 */
export type ReadinessModel = (object: SimulatedObject, api: SimulatedApi) => string | undefined;
