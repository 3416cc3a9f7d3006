import { dirname } from "node:path";
import { images } from "../../../catalog/images.ts";
import type { GoProgram } from "../../../guest/testing/goProgram.ts";
import { answers, type Server, startServer } from "../../../guest/testing/server.ts";
import { parseImage } from "../../../policy/images/images.ts";

/** CNCF Distribution in the version that the lab runs. */
export const registryProgram: GoProgram = {
  name: "registry",
  module: "github.com/distribution/distribution/v3",
  version: `v${parseImage(images.registry).tag}`,
  package: "cmd/registry",
};

/**
 * Starts a registry with the command of its container and waits until its port answers. @throws Error with its output when
 * the port does not answer within 20 s
 */
export async function startRegistry(
  program: string,
  [command = "", ...args]: readonly string[],
  url: string,
): Promise<Server> {
  return await startServer(
    { name: "the registry", command, args },
    {
      url,
      // Plain HTTP for either protocol: a registry with TLS answers it with an error, which also shows that it listens.
      serves: () => answers(`http://127.0.0.1:${new URL(url).port}/`),
      seconds: 20,
      env: { OTEL_TRACES_EXPORTER: "none", PATH: `${dirname(program)}:${process.env.PATH}` },
    },
  );
}
