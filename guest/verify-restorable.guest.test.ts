// The gate before a database is restored, on the real API server with CloudNativePG's own definitions. There is no
// operator: the status of a cluster is written as the operator would.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cluster, missing } from "./testing/storage/cluster.ts";
import { claim, type Item, namespace } from "./testing/storage/objects.ts";

const script = "verify-restorable.sh";
const order = "generation-1/daily-20261120012300";
const settings = (name: string, wanted = order) => ({ NAMESPACE: "cortex-itil", NAME: name, ORDER: wanted });

const database = (name: string, restoredFrom: string | undefined, primary: string | undefined): Item => ({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: {
    name,
    namespace: "cortex-itil",
    ...(restoredFrom === undefined ? {} : { annotations: { "lab.home/restored-from": restoredFrom } }),
  },
  spec: { instances: 1, storage: { size: "5Gi" } },
  status: primary === undefined ? {} : { currentPrimary: primary },
});

describe.skipIf(missing !== undefined)("a restore", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start([]);
    await cluster.put(namespace("cortex-itil"));
  });
  afterAll(() => cluster?.stop());

  test("may go on where no database was ever made", async () =>
    expect(await cluster.unchanged(script, settings("kedb"))).toContain("no PostgreSQL was ever made here"));

  describe("in a cluster that has databases", () => {
    beforeAll(async () => {
      await cluster.define(["postgresql.cnpg.io"]);
      await cluster.put(
        database("living", undefined, "living-1"),
        database("by-this-order", order, "by-this-order-1"),
        database("by-another", "generation-1/latest", "by-another-1"),
        database("never-served", "generation-1/latest", undefined),
        { ...claim("cortex-itil", "gone-1", {}, "Bound"), metadata: labelled("gone-1", "gone") },
      );
    });
    const labelled = (name: string, of: string) => ({
      name,
      namespace: "cortex-itil",
      labels: { "cnpg.io/cluster": of },
    });

    test("makes what is not there", async () =>
      expect(await cluster.unchanged(script, settings("kedb"))).toContain("it can be restored"));

    test("that was carried out already is carried out", async () =>
      expect(await cluster.unchanged(script, settings("by-this-order"))).toContain("was made by this order"));

    test("onto a database that lives is refused", () =>
      cluster.refuses(
        script,
        settings("living"),
        "B6",
        "cortex-itil/living is live (its server is living-1)",
        "nothing was restored, and nothing was changed",
        "take cortex-itil out of lab:restore.includedNamespaces",
        "docs/runbooks/postgresql.md",
      ));

    test("by another order than the one that made it is refused", () =>
      cluster.refuses(script, settings("by-another"), "B6", `was not made by the order ${order}`));

    test("onto one that another order began and that never served says what to take away", () =>
      cluster.refuses(
        script,
        settings("never-served"),
        "B6",
        "was begun by another order (generation-1/latest) and never served",
        "delete clusters.postgresql.cnpg.io never-served",
      ));

    test("onto claims that are left of a database is refused: they would be taken up instead", () =>
      cluster.refuses(
        script,
        settings("gone"),
        "B6",
        "its claims are there (gone-1)",
        "delete persistentvolumeclaims -l cnpg.io/cluster=gone",
      ));
  });
});
