import { expect, test } from "vitest";
import { nearName } from "./nearName.ts";

test.each([
  ["hostname", ["parentRefs", "hostnames", "rules"], "hostnames"],
  ["port", ["type", "portNumber", "annotations"], "portNumber"],
  ["replicacount", ["replicas", "replicaCount"], "replicaCount"],
  ["persistance", ["persistence", "persistentVolume"], "persistence"],
  ["uri", ["url", "port"], "url"],
  ["backupTarget", ["defaultReplicaCount", "storageNetwork"], undefined],
  ["on", ["off", "configuration"], undefined],
  ["a", [], undefined],
])("suggests for %s among %j the name %s", (name, names, near) => expect(nearName(name, names)).toBe(near));
