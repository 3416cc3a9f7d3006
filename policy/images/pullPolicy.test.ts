import { describePolicy } from "../testing/describePolicy.ts";
import { deployment, release, resource } from "../testing/resources.ts";
import { pullPolicy } from "./pullPolicy.ts";

const always = { name: "init", image: "docker.io/library/busybox:1.36.1", imagePullPolicy: "Always" };
const template = { spec: { initContainers: [always], containers: [] } };

describePolicy(pullPolicy, {
  valid: [
    deployment({ imagePullPolicy: "IfNotPresent" }),
    deployment({}),
    release({ values: { image: { pullPolicy: "IfNotPresent" } } }),
    release({ values: { restartPolicy: "Always", repullPolicy: "Always" } }),
  ],
  invalid: [
    [
      "Always in a container",
      [deployment({ imagePullPolicy: "Always" })],
      'containers[0].imagePullPolicy = "Always": contacts the registry at every start',
    ],
    [
      "Always in an init container of a StatefulSet",
      [resource("kubernetes:apps/v1:StatefulSet", { spec: { template } })],
      "initContainers[0]",
    ],
    [
      "Always in a Pod",
      [resource("kubernetes:core/v1:Pod", { spec: { containers: [always] } })],
      "spec.containers[0]",
    ],
    [
      "Always in a CronJob",
      [resource("kubernetes:batch/v1:CronJob", { spec: { jobTemplate: { spec: { template } } } })],
      "jobTemplate",
    ],
    [
      "Always among a release's values",
      [release({ values: { server: { sidecars: [{ imagePullPolicy: "Always" }] } } })],
      "values.server.sidecars[0]",
    ],
    [
      "pullPolicy: Always",
      [release({ values: { image: { pullPolicy: "Always" } } })],
      "values.image.pullPolicy",
    ],
  ],
});
