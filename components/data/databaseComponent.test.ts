import pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { readStackFile } from "../../config/source.ts";
import { makePlan } from "../../plan/plan.ts";
import { program } from "../../rehearsal/program.ts";
import { databaseBackups } from "./databaseBackups.ts";

test("gives the alert of each database its former parent as an alias, so that an update replaces none", async () => {
  const aliased: string[] = [];
  const { document } = await makePlan("aliases", readStackFile("test/fixtures/valid/itil.yaml"), async () => {
    pulumi.runtime.registerStackTransformation(({ name, type, opts }) => {
      const former = (opts.aliases as readonly pulumi.Alias[] | undefined)?.flatMap(({ parent }) =>
        parent !== undefined && (parent as { __pulumiType?: string }).__pulumiType === "lab:data:Data"
          ? [`${type} ${name}`]
          : [],
      );
      aliased.push(...(former ?? []));
      return undefined;
    });
    return await program();
  });
  expect(document.errors).toEqual([]);
  expect(aliased.toSorted()).toEqual(
    Object.values(databaseBackups).map(
      ({ system }) => `kubernetes:monitoring.coreos.com/v1:PrometheusRule ${system}-backup`,
    ),
  );
});
