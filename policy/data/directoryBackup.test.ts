import { describePolicy } from "../testing/describePolicy.ts";
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
    ["no annotation", [database({}), job()], "is not given", "neo4j.spec.template"],
    ["a job that there is not", [database(backedUp)], "neo4j-dump", "names no CronJob"],
    ["a job elsewhere", [database(backedUp), job("other")], "names no CronJob"],
  ],
});
