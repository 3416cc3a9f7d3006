import { parseAllDocuments } from "yaml";
import { run } from "../../guest/testing/run.ts";
import type { KubernetesObject } from "./kubernetesObject.ts";
import type { PlannedRelease } from "./plannedObjects.ts";

/** What a chart can read about its cluster. */
export interface Capabilities {
  /** Such as `v1.36.1`. */
  readonly kubernetes: string;
  /** `GROUP/VERSION` and `GROUP/VERSION/KIND`. */
  readonly versions: readonly string[];
}

/**
 * The objects of a release as Helm would send them, in the release's namespace unless they name another one. Includes
 * hooks and definitions of the chart, and excludes its tests.
 * @throws Error with the end of Helm's output where the chart rejects the values
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
    // JSON, which every version of YAML reads in the same way.
    { seconds: 120, input: JSON.stringify(values) },
  );
  // Helm and the API server read YAML 1.1, in which `yes` is true and 0644 is octal.
  return parseAllDocuments(text, { version: "1.1", logLevel: "error" })
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
    .map((object) => ({ ...object, metadata: { namespace, ...object.metadata } }));
}
