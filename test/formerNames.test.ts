// A resource that was renamed, or that has another parent, carries its former name or parent as an alias. Without it an
// update would replace the resource.
import pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { readStackFile } from "../config/source.ts";
import { makePlan } from "../plan/plan.ts";
import { program } from "../rehearsal/program.ts";

/** Former names of children of Backup, Elasticsearch and Observability, by the current name. */
const formerNames = {
  "backup-velero-backup-store": "velero-backup-store",
  "backup-velero-repository": "velero-repository",
  "backup-velero-volume-policies": "velero-volume-policies",
  "backup-velero-node-agent": "velero-node-agent",
  "backup-velero-b2": "velero-b2",
  "backup-velero-hourly": "velero-hourly",
  "backup-velero-daily": "velero-daily",
  "backup-velero-weekly": "velero-weekly",
  elasticsearch: "knowledge-elasticsearch",
  "observability-grafana-admin": "grafana-admin",
  "observability-grafana-client": "grafana-client",
};
/** Alerts that were children of Data, and are children of their database. */
const movedAlerts = ["elasticsearch-backup", "mongodb-backup", "neo4j-backup"];

test("gives every renamed or moved resource an alias, so that an update replaces none", async () => {
  const found = new Map<string, string[]>();
  const { document } = await makePlan("names", readStackFile("test/reference.yaml"), async () => {
    pulumi.runtime.registerStackTransformation(({ name, type, opts }) => {
      const aliases = ((opts.aliases ?? []) as readonly pulumi.Alias[]).map(
        (alias) => alias.name ?? (alias.parent as { __pulumiType?: string } | undefined)?.__pulumiType,
      );
      found.set(`${type} ${name}`, aliases.filter((alias) => alias !== undefined).map(String));
      return undefined;
    });
    return await program();
  });
  expect(document.errors).toEqual([]);
  // Every type but that of the component itself: Elasticsearch has a Service and a StatefulSet of its own name.
  const aliasesOf = (name: string) =>
    [...found]
      .filter(([key]) => !key.startsWith("lab:") && key.endsWith(` ${name}`))
      .map(([, names]) => names);
  for (const [name, former] of Object.entries(formerNames)) {
    expect(aliasesOf(name).length, name).toBeGreaterThan(0);
    for (const aliases of aliasesOf(name)) expect(aliases, name).toContain(former);
  }
  for (const name of movedAlerts) expect(aliasesOf(name), name).toEqual([["lab:data:Data"]]);
});
