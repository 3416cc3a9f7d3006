import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Cli, findCli, NoCli } from "../rehearsal/cli.ts";
import { type Finding, valid, wrong } from "./finding.ts";

/** The programs that a rebuild runs on this machine. */
export async function checkTools(): Promise<{ findings: Finding[]; cli: Cli | undefined }> {
  const node: Finding = {
    artefact: "tools",
    where: process.execPath,
    ...valid(`Node.js ${process.version}`),
  };
  const ssh = await promisify(execFile)("ssh", ["-V"], { timeout: 10_000 }).then(
    ({ stderr }): Finding => ({
      artefact: "tools",
      where: "ssh",
      ...valid(stderr.split(",")[0]?.trim() ?? "ssh"),
    }),
    (): Finding => ({
      artefact: "tools",
      where: "ssh",
      ...wrong("there is no ssh", "install OpenSSH's client: the runbooks use it"),
    }),
  );
  try {
    const cli = await findCli((line) => process.stderr.write(`${line}\n`));
    return {
      cli,
      findings: [node, { artefact: "tools", where: cli.path, ...valid(`Pulumi ${cli.version}`) }, ssh],
    };
  } catch (error) {
    if (!(error instanceof NoCli)) throw error;
    const none = wrong(
      "no Pulumi CLI could be found or made",
      "install it (pulumi.com/docs/install), or set PULUMI_CLI",
    );
    return { cli: undefined, findings: [node, { artefact: "tools", where: "pulumi", ...none }, ssh] };
  }
}
