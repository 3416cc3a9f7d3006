// The gate before a database is restored, on the real API server with CloudNativePG's own definitions. No operator runs:
// the test writes the status of a Cluster as the operator would.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cluster, missing } from "./testing/storage/cluster.ts";
import { claim, type Item, namespace } from "./testing/storage/objects.ts";

const script = "verify-restorable.sh";
const request = "generation-1/daily-20261120012300";
const settings = (name: string, id = request) => ({ NAMESPACE: "cortex-itil", NAME: name, REQUEST: id });

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

describe.skipIf(missing !== undefined)("verify-restorable.sh", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start([]);
    await cluster.put(namespace("cortex-itil"));
  });
  afterAll(() => cluster?.stop());

  test("accepts a cluster without CloudNativePG", async () =>
    expect(await cluster.unchanged(script, settings("kedb"))).toContain("the cluster has no PostgreSQL yet"));

  describe("in a cluster with databases", () => {
    beforeAll(async () => {
      await cluster.define(["postgresql.cnpg.io"]);
      await cluster.put(
        database("live", undefined, "live-1"),
        database("by-this-request", request, "by-this-request-1"),
        database("by-another", "generation-1/latest", "by-another-1"),
        database("never-ready", "generation-1/latest", undefined),
        { ...claim("cortex-itil", "deleted-1", {}, "Bound"), metadata: labelled("deleted-1", "deleted") },
      );
    });
    const labelled = (name: string, of: string) => ({
      name,
      namespace: "cortex-itil",
      labels: { "cnpg.io/cluster": of },
    });

    test("accepts a database that does not exist", async () =>
      expect(await cluster.unchanged(script, settings("kedb"))).toContain("it can be restored"));

    test("accepts a database that this restore request created", async () =>
      expect(await cluster.unchanged(script, settings("by-this-request"))).toContain(
        "was created by this restore request",
      ));

    test("refuses a live database (B6)", () =>
      cluster.refuses(
        script,
        settings("live"),
        "B6",
        "cortex-itil/live is live (its primary is live-1)",
        "nothing was restored, and nothing was changed",
        "remove cortex-itil from lab:restore.includedNamespaces",
        "docs/runbooks/postgresql.md",
      ));

    test("refuses a database that another restore request created (B6)", () =>
      cluster.refuses(
        script,
        settings("by-another"),
        "B6",
        `was not created by the restore request ${request}`,
      ));

    test("refuses a database that never became ready, and shows how to delete it (B6)", () =>
      cluster.refuses(
        script,
        settings("never-ready"),
        "B6",
        "was begun by another restore request (generation-1/latest) and never became ready",
        "delete clusters.postgresql.cnpg.io never-ready",
      ));

    test("refuses if claims of a deleted database exist, because a new one would reuse them (B6)", () =>
      cluster.refuses(
        script,
        settings("deleted"),
        "B6",
        "its claims do (deleted-1)",
        "delete persistentvolumeclaims -l cnpg.io/cluster=deleted",
      ));
  });
});
