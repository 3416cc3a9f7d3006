import { deployment, describePolicy, release, resource } from "../testing/testing.ts";
import { pullPolicy } from "./pullPolicy.ts";

const always = { name: "init", image: "docker.io/library/busybox:1.36.1", imagePullPolicy: "Always" };
const template = { spec: { initContainers: [always], containers: [] } };

describePolicy(pullPolicy, {
  good: [
    deployment({ imagePullPolicy: "IfNotPresent" }),
    deployment({}),
    release({ values: { image: { pullPolicy: "IfNotPresent" } } }),
  ],
  broken: [
    ["a container", [deployment({ imagePullPolicy: "Always" })], "containers[0].imagePullPolicy", "Always"],
    [
      "an init container of a StatefulSet",
      [resource("kubernetes:apps/v1:StatefulSet", { spec: { template } })],
      "initContainers[0]",
    ],
    ["a Pod", [resource("kubernetes:core/v1:Pod", { spec: { containers: [always] } })], "spec.containers[0]"],
    [
      "a CronJob",
      [resource("kubernetes:batch/v1:CronJob", { spec: { jobTemplate: { spec: { template } } } })],
      "jobTemplate",
    ],
    [
      "a release, deep in its values",
      [release({ values: { server: { sidecars: [{ imagePullPolicy: "Always" }] } } })],
      "values.server.sidecars[0]",
    ],
  ],
});
