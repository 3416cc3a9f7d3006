// Serves the pack to the engine. Pulumi's own entry would put a TypeScript loader in front of Node's, which reads
// these files by itself; apart from that it does the same.
import { fileURLToPath } from "node:url";
import { run } from "@pulumi/pulumi/cmd/run-policy-pack/run.js";

await run({
  argv: { _: [fileURLToPath(new URL(".", import.meta.url))] },
  programStarted: () => {},
  // A pack that failed to start must not look as if it had judged and found nothing.
  reportLoggedError: () => {
    process.exitCode = 32;
  },
  typeScript: false,
});
