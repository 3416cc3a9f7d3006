import { deployment, describePolicy, release } from "../testing/testing.ts";
import { imageVersion } from "./imageVersion.ts";

const digest = `sha256:${"a".repeat(64)}`;

describePolicy(imageVersion, {
  good: [
    deployment({}),
    deployment({ image: `registry.lab:5000/app@${digest}` }),
    deployment({ image: `docker.io/library/redis:latest@${digest}` }),
    release({ values: { image: { repository: "app", tag: "" } } }),
    release({ values: { image: { repository: "app", tag: "1.2.3" } } }),
  ],
  broken: [
    ["latest", [deployment({ image: "busybox:latest" })], "busybox:latest", "moves"],
    [
      "no tag",
      [deployment({ image: "registry.lab:5000/busybox" })],
      "registry.lab:5000/busybox",
      "no version",
    ],
    [
      "a release's latest",
      [release({ values: { image: { repository: "app", tag: "latest" } } })],
      "app:latest",
    ],
    ["a release's image in one word", [release({ values: { sidecar: { image: "app:edge" } } })], "app:edge"],
  ],
});
