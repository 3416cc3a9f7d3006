import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseVersions } from "../../../catalog/databases.ts";
import { run } from "../run.ts";
import { installJava } from "./maven.ts";

/** A folder with Neo4j's own commands, `neo4j` and `neo4j-admin`, as its image has them. */
export async function neo4jCommands(): Promise<string> {
  const folder = await installJava({
    name: "neo4j",
    version: databaseVersions.neo4j,
    artifacts: ["org.neo4j.app:neo4j-server", "org.neo4j:neo4j"],
    finish: (work) =>
      run(
        "javac",
        [
          "-cp",
          `${join(work, "lib")}/*`,
          "-d",
          join(work, "classes"),
          fileURLToPath(new URL("Neo4j.java", import.meta.url)),
        ],
        { seconds: 120 },
      ),
  });
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const java = `exec java -Xmx300m -cp '${folder}/classes:${folder}/lib/*'`;
  for (const [name, command] of [
    ["neo4j", `${java} Neo4j "$NEO4J_HOME"`],
    ["neo4j-admin", `${java} org.neo4j.cli.AdminTool "$@"`],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${command}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}
