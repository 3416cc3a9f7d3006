import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { object, unknown } from "../testing/resources.ts";
import { statefulSet } from "../testing/storageResources.ts";
import { directoryBackup } from "./directoryBackup.ts";

const database = (annotations: object | undefined, path = "/var/lib/neo4j") =>
  statefulSet("neo4j", {
    template: {
      metadata: { annotations },
      spec: {
        containers: [{ name: "neo4j", image: "docker.io/library/neo4j:5.26.12-community" }],
        volumes: [{ name: "data", hostPath: { path, type: "Directory" } }],
      },
    },
    volumeClaimTemplates: [],
  });
const job = (namespace = "data") =>
  object("batch/v1:CronJob", { namespace, name: "neo4j-dump", uid: unknown }, { spec: {} }, "neo4j-dump");
const backedUp = { "lab.home/backed-up-by": "neo4j-dump" };

describePolicy(directoryBackup, {
  valid: [
    database(backedUp),
    job(),
    database(undefined, "/sys/fs/cgroup"),
    database({ "lab.home/backed-up-by": unknown }),
    statefulSet("on-a-volume"),
  ],
  invalid: [
    [
      "a hostPath volume without the annotation",
      [database({}), job()],
      'neo4j.spec.template.metadata.annotations["lab.home/backed-up-by"]: is not set, and StatefulSet data/neo4j',
    ],
    [
      "a CronJob that does not exist",
      [database(backedUp)],
      '"neo4j-dump": is not a CronJob in its namespace',
    ],
    ["a CronJob in another namespace", [database(backedUp), job("other")], "is not a CronJob"],
  ],
});

test.each([
  ["/sys", 0],
  ["/sys/fs", 0],
  ["/proc/1", 0],
  ["/dev/fuse", 0],
  ["/system", 1],
  ["/srv/sys", 1],
])("reports for a hostPath volume %s without the annotation %i violations (D3)", (path, count) =>
  expect(violationsOf(directoryBackup, [database({}, path)])).toHaveLength(count),
);
