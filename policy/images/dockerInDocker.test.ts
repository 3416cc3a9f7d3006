import { deployment, describePolicy, object, release, unknown } from "../testing/testing.ts";
import { dockerInDocker } from "./dockerInDocker.ts";

const mounting = (path: string) =>
  object(
    "core/v1:Pod",
    { namespace: "default", name: "docker-helper" },
    {
      spec: {
        containers: [{ name: "docker", image: unknown }],
        volumes: [{ name: "it", hostPath: { path } }],
      },
    },
  );

describePolicy(dockerInDocker, {
  good: [
    deployment({}),
    deployment({ image: unknown, command: unknown }),
    deployment({ image: "docker.io/library/docker:28.1.0-cli" }),
    mounting("/var/lib/elasticsearch"),
    release({ values: { image: { repository: "docker.io/library/redis", tag: "8.2.1" } } }),
  ],
  broken: [
    [
      "the way out that the lab once took",
      [deployment({ image: "docker:dind" })],
      "docker:dind",
      "inside a pod",
    ],
    [
      "a version of it",
      [deployment({ image: "docker.io/library/docker:28.1.0-dind-rootless" })],
      "28.1.0-dind",
    ],
    ["the engine under its plain name", [deployment({ image: "docker.io/library/docker:28.1.0" })], "engine"],
    [
      "an engine of a chart",
      [release({ values: { runner: { image: "docker.io/moby/buildkit:v0.33.0" } } })],
      "values.runner.image",
    ],
    [
      "dockerd by another image",
      [deployment({ command: ["/usr/local/bin/dockerd"] })],
      "containers[0].command",
    ],
    [
      "the node's own engine",
      [mounting("/run/k3s/containerd/containerd.sock")],
      "spec.volumes[0].hostPath.path",
    ],
    ["Docker's socket", [mounting("/var/run/docker.sock")], "/var/run/docker.sock"],
  ],
});
