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
    [
      "MongoDB 4.4",
      [deployment({ image: "mongo:4.4" })],
      'containers[0].image = "mongo:4.4": is older than MongoDB 5',
    ],
    [
      "an old MongoDB of another registry",
      [deployment({ image: "registry.lab:5000/percona/percona-server-mongodb:4.2.8-8" })],
      "4.2.8-8",
    ],
    [
      "an old MongoDB among a release's values",
      [
        release({
          values: { image: { registry: "docker.io", repository: "bitnami/mongodb", tag: "4.4.15" } },
        }),
      ],
      "4.4.15",
    ],
  ],
});
