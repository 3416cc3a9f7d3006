import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { deployment, release } from "../testing/resources.ts";
import { imageVersion } from "./imageVersion.ts";

const digest = `sha256:${"a".repeat(64)}`;

describePolicy(imageVersion, {
  valid: [
    deployment({}),
    deployment({ image: `registry.lab:5000/app@${digest}` }),
    deployment({ image: `docker.io/library/redis:latest@${digest}` }),
    release({ values: { image: { repository: "app", tag: "" } } }),
    release({ values: { image: { repository: "app", tag: "1.2.3" } } }),
  ],
  invalid: [
    [
      "the tag latest",
      [deployment({ image: "busybox:latest" })],
      'containers[0].image = "busybox:latest": has a tag that is not a fixed version',
    ],
    [
      "an image without a tag",
      [deployment({ image: "registry.lab:5000/busybox" })],
      '"registry.lab:5000/busybox": has no tag and no digest',
    ],
    ["an empty tag", [deployment({ image: "busybox:" })], "has no tag and no digest"],
    [
      "the tag latest among a release's values",
      [release({ values: { image: { repository: "app", tag: "latest" } } })],
      "app:latest",
    ],
    [
      "a moving tag in a release's full reference",
      [release({ values: { sidecar: { image: "app:edge" } } })],
      "app:edge",
    ],
  ],
});

test.each([
  ["latest", 1],
  ["Latest", 1],
  ["stable", 1],
  ["main", 1],
  ["master", 1],
  ["edge", 1],
  ["nightly", 1],
  ["latest-1", 0],
  ["1-stable", 0],
])("reports for the tag %s %i violations (I2)", (tag, count) =>
  expect(violationsOf(imageVersion, [deployment({ image: `app:${tag}` })])).toHaveLength(count),
);
