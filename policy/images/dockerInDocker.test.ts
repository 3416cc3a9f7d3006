import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { deployment, object, release, unknown } from "../testing/resources.ts";
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
  valid: [
    deployment({}),
    deployment({ image: unknown, command: unknown }),
    deployment({ image: "docker.io/library/docker:28.1.0-cli" }),
    mounting("/var/lib/elasticsearch"),
    release({ values: { image: { repository: "docker.io/library/redis", tag: "8.2.1" } } }),
  ],
  invalid: [
    [
      "Docker in Docker",
      [deployment({ image: "docker:dind" })],
      'containers[0].image = "docker:dind": is a container engine that runs inside a pod',
    ],
    [
      "a version of Docker in Docker",
      [deployment({ image: "docker.io/library/docker:28.1.0-dind-rootless" })],
      "28.1.0-dind",
    ],
    [
      "the image of the Docker engine",
      [deployment({ image: "docker.io/library/docker:28.1.0" })],
      "is a container engine",
    ],
    [
      "a container engine among a chart's values",
      [release({ values: { runner: { image: "docker.io/moby/buildkit:v0.33.0" } } })],
      "values.runner.image",
    ],
    [
      "a container that starts dockerd",
      [deployment({ command: ["/usr/local/bin/dockerd"] })],
      "containers[0].command: starts dockerd inside a pod",
    ],
    [
      "a pod that mounts K3s's containerd socket",
      [mounting("/run/k3s/containerd/containerd.sock")],
      "spec.volumes[0].hostPath.path",
      "gives the pod access to the container runtime of the node",
    ],
    ["a pod that mounts Docker's socket", [mounting("/var/run/docker.sock")], "/var/run/docker.sock"],
  ],
});

test.each([
  ["/run/docker.sock", 1],
  ["/run/containerd", 1],
  ["/run/containerd/containerd.sock", 1],
  ["/var/run/k3s/containerd", 1],
  ["/run/docker.sock.d", 0],
  ["/run/containerd-logs", 0],
  ["/srv/run/docker.sock", 0],
])("reports for the host path %s %i violations (I3)", (path, count) =>
  expect(violationsOf(dockerInDocker, [mounting(path)])).toHaveLength(count),
);

test.each([
  [{ args: ["dockerd", "--host"] }, 1],
  [{ args: ["exec dockerd --host"] }, 0],
  [{ args: ["/bin/dockerd --host"] }, 1],
  [{ command: ["dockerd-entrypoint.sh"] }, 0],
  [{ image: "registry.lab/podman:1" }, 1],
  [{ image: "registry.lab/buildah:1" }, 1],
  [{ image: "registry.lab/docker-dind:1" }, 1],
  [{ image: "registry.lab/docker-registry:1" }, 0],
  [{ image: "registry.lab/tool:1-dind" }, 1],
  [{ image: "registry.lab/tool:1-dinder" }, 0],
  [{ image: "docker:cli" }, 0],
  [{ image: "docker:28-client" }, 1],
])("reports for the container %j %i violations (I3)", (container, count) =>
  expect(violationsOf(dockerInDocker, [deployment(container)])).toHaveLength(count),
);
