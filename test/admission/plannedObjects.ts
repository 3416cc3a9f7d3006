import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { commandType, releaseType } from "../../catalog/resourceTypes.ts";
import { kubeVipManifest } from "../../components/k3s/kubeVip.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { planConfiguration } from "../../plan/plan.ts";
import { type Created, recordProgram } from "../../plan/record.ts";
import { opened } from "../../plan/wire.ts";
import type { Properties } from "../../rehearsal/fakeProviders/fakeProvider.ts";
import { randomFakeProvider } from "../../rehearsal/fakeProviders/random.ts";
import { tlsFakeProvider } from "../../rehearsal/fakeProviders/tls.ts";
import { program } from "../../rehearsal/program.ts";
import { validConfigurations } from "../plannedResources.ts";
import type { KubernetesObject } from "./kubernetesObject.ts";

/** A release of a chart in a plan. */
export interface PlannedRelease {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  readonly version: string;
  readonly repository: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The objects and releases of one configuration. */
export interface PlannedLab {
  /** The configuration's file, relative to the repository. */
  readonly file: string;
  readonly objects: readonly KubernetesObject[];
  readonly releases: readonly PlannedRelease[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The objects and releases of each valid configuration as `up` sends them: with generated passwords, keys and
 * certificates, and decrypted secrets. They include kube-vip's static pod, which the kubelet of a server registers.
 * The plans run one after another, because a process has one mock runtime.
 */
export async function plannedLabs(): Promise<PlannedLab[]> {
  const labs: PlannedLab[] = [];
  for (const file of validConfigurations()) {
    const source = readStackFile(`${root}${file}`);
    const recorded = await recordProgram(
      { stack: "check", ...planConfiguration(source, readLab("check", source)) },
      program,
      created,
    );
    const inputs = recorded
      .filter(({ custom, type }) => custom && type.startsWith("kubernetes:"))
      .map(({ type, wireInputs }) => ({ type, inputs: opened(wireInputs) }));
    labs.push({
      file,
      objects: [
        ...inputs.filter(({ type }) => type !== releaseType).map((each) => each.inputs as KubernetesObject),
        parse(kubeVipManifest(readLab("check", source))) as KubernetesObject,
      ],
      releases: inputs.filter(({ type }) => type === releaseType).map((each) => toRelease(each.inputs)),
    });
  }
  return labs;
}

/** The file that K3s writes on the first server for its administrator. */
const kubeconfig = stringify({
  clusters: [{ name: "default", cluster: { server: "https://127.0.0.1:6443" } }],
  contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
  "current-context": "default",
  users: [{ name: "default", user: {} }],
});

const created: Created = async (type, inputs) => {
  const fakeProvider = [tlsFakeProvider, randomFakeProvider]
    .map((one) => one.resource(type))
    .find((one) => one !== undefined);
  if (fakeProvider !== undefined)
    return (await fakeProvider.create(opened(inputs) as Properties, type)).outputs;
  return type === commandType ? { ...inputs, stdout: kubeconfig, stderr: "" } : inputs;
};

function toRelease(inputs: unknown): PlannedRelease {
  const { name, namespace, chart, version, values, repositoryOpts } = inputs as Omit<
    PlannedRelease,
    "repository"
  > & { readonly repositoryOpts: { readonly repo: string } };
  return { name, namespace, chart, version, values, repository: repositoryOpts.repo };
}
