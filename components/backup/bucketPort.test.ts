import { expect, test } from "vitest";
import { readStackFile } from "../../config/source.ts";
import { makePlan } from "../../plan/plan.ts";
import { program } from "../../rehearsal/program.ts";

interface Policy {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: {
    readonly egress?: readonly {
      readonly toEntities?: readonly string[];
      readonly toPorts?: readonly { readonly ports: readonly { readonly port: string }[] }[];
    }[];
  };
}

test("opens the port of the bucket's endpoint in every network policy that allows the bucket", async () => {
  const source = readStackFile("test/reference.yaml");
  const backup = { ...(source.values.backup as object), endpoint: "https://store.example.net:9000" };
  const { document } = await makePlan("ports", { ...source, values: { ...source.values, backup } }, program);
  expect(document.errors).toEqual([]);
  const opened = document.resources
    .filter(({ type }) => type === "kubernetes:cilium.io/v2:CiliumNetworkPolicy")
    .map(({ inputs }) => inputs as unknown as Policy)
    .filter(({ metadata }) => /(^|-)(bucket|store|backups)$/.test(metadata.name))
    .map(({ metadata: { namespace, name }, spec: { egress = [] } }) => [
      `${namespace}/${name}`,
      egress.flatMap(({ toPorts = [] }) => toPorts.flatMap(({ ports }) => ports.map(({ port }) => port))),
    ]);
  expect(Object.fromEntries(opened)).toEqual({
    "longhorn-system/backups": ["9000"],
    "velero/store": ["9000"],
    "authentik/authentik-db-bucket": ["9000"],
    "cortex-knowledge/elasticsearch-bucket": ["9000"],
    "cortex-knowledge/neo4j-bucket": ["9000"],
    "cortex-knowledge/neo4j-jobs-bucket": ["9000"],
    "cortex-itil/mongodb-bucket": ["9000"],
    "cortex-itil/incident-swarming-bucket": ["9000"],
    "cortex-itil/intelligent-alerting-bucket": ["9000"],
    "cortex-itil/kedb-bucket": ["9000"],
  });
});
