import { parseAllDocuments, stringify } from "yaml";
import { run } from "../../guest/testing/run.ts";
import type { KubernetesObject } from "./kubernetesObject.ts";
import type { PlannedRelease } from "./plannedObjects.ts";

/**
 * The objects of a release, as Helm would send them, in its namespace unless they name another one: with the hooks and the definitions of the chart, without its tests.
 * `versions` are those that the API server serves, by which charts decide what they render.
 * @throws Error with the end of Helm's output where the chart refuses the values
 */
export async function render(
  helm: string,
  folder: string,
  { name, namespace, values }: PlannedRelease,
  { kubernetes, versions }: { readonly kubernetes: string; readonly versions: readonly string[] },
): Promise<KubernetesObject[]> {
  const text = await run(
    helm,
    [
      ["template", name, folder, "--namespace", namespace, "--values", "-"],
      ["--include-crds", "--skip-tests", "--kube-version", kubernetes],
      versions.flatMap((version) => ["--api-versions", version]),
    ].flat(),
    { seconds: 120, input: stringify(values, { lineWidth: 0 }) },
  );
  // Helm and the API server read YAML 1.1, in which `yes` is true and 0644 is octal.
  return parseAllDocuments(text, { version: "1.1", logLevel: "error" })
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
    .map((object) => ({ ...object, metadata: { namespace, ...object.metadata } }));
}
