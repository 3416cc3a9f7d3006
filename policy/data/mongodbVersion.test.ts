import { describePolicy } from "../testing/describePolicy.ts";
import { deployment, release } from "../testing/resources.ts";
import { mongodbVersion } from "./mongodbVersion.ts";

describePolicy(mongodbVersion, {
  valid: [
    deployment({ image: "docker.io/library/mongo:7.0.24" }),
    deployment({ image: "docker.io/library/mongo-express:1.0" }),
    release({ values: { image: { repository: "bitnami/mongodb", tag: "8.0.4" } } }),
  ],
  invalid: [
    ["the downgrade of the seeds", [deployment({ image: "mongo:4.4" })], "mongo:4.4", "containers[0].image"],
    [
      "another registry's",
      [deployment({ image: "registry.lab:5000/percona/percona-server-mongodb:4.2.8-8" })],
      "4.2.8-8",
    ],
    [
      "a release's",
      [
        release({
          values: { image: { registry: "docker.io", repository: "bitnami/mongodb", tag: "4.4.15" } },
        }),
      ],
      "4.4.15",
    ],
  ],
});
