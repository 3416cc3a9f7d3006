import { parseAllDocuments } from "yaml";
import { run } from "../../guest/testing/run.ts";
import type { KubernetesObject } from "./kubernetesObject.ts";
import type { PlannedRelease } from "./plannedObjects.ts";

/** What a chart may ask of the cluster that it is rendered for. */
export interface Capabilities {
  /** Such as `v1.36.1`. */
  readonly kubernetes: string;
  /** `GROUP/VERSION` and `GROUP/VERSION/KIND`. */
  readonly versions: readonly string[];
}

/**
 * The objects of a release, as Helm would send them, in its namespace unless they name another one: with the hooks and
 * the definitions of the chart, without its tests.
 * @throws Error with the end of Helm's output where the chart refuses the values
 */
export async function render(
  helm: string,
  folder: string,
  { name, namespace, values }: PlannedRelease,
  { kubernetes, versions }: Capabilities,
): Promise<KubernetesObject[]> {
  const text = await run(
    helm,
    [
      ["template", name, folder, "--namespace", namespace, "--values", "-"],
      ["--include-crds", "--skip-tests", "--kube-version", kubernetes],
      versions.flatMap((version) => ["--api-versions", version]),
    ].flat(),
    // JSON, which every version of YAML reads alike.
    { seconds: 120, input: JSON.stringify(values) },
  );
  // Helm and the API server read YAML 1.1, in which `yes` is true and 0644 is octal.
  return parseAllDocuments(text, { version: "1.1", logLevel: "error" })
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
    .map((object) => ({ ...object, metadata: { namespace, ...object.metadata } }));
}
