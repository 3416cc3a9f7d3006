import type { Lab } from "../config/lab.ts";
import { judgeSecretForm, neededSecrets } from "../config/read.ts";
import type { SecretKey } from "../config/secretKeys.ts";
import { findBackups } from "./backups.ts";
import { Bucket, BucketClosed, judgeRegion } from "./bucket.ts";
import { type Finding, type Judgement, unchecked, valid, wrong } from "./finding.ts";
import { askDns, askProxmox, judgeSshKey } from "./keys.ts";
import { Pulumi, PulumiFailed } from "./pulumi.ts";
import { checkCopy, checkState, judgeFailure, judgeOutput } from "./stateChecks.ts";
import { checkTools } from "./tools.ts";

export interface KitOptions {
  readonly lab: Lab;
  /** Absolute path of the stack file. */
  readonly file: string;
  /** A copy of the state that `--save` wrote. */
  readonly copy: string | undefined;
  readonly now: Date;
}

/** Checks the whole kit, in the order of its list. A failed check does not prevent the others. */
export async function checkKit({ lab, file, copy, now }: KitOptions): Promise<Finding[]> {
  const { findings: tools, cli } = await checkTools();
  const configuration: Finding = {
    artefact: "configuration",
    where: file,
    ...valid(`${lab.nodes.length} nodes; the configuration is valid`),
  };
  if (cli === undefined) {
    const says = "without the Pulumi CLI no encrypted value can be read";
    return [...tools, configuration, { artefact: "state", where: "", ...unchecked(says) }];
  }
  const pulumi = new Pulumi(cli.path, lab.stack);
  const state = await checkState(pulumi, lab);
  const copied =
    copy === undefined
      ? {
          stack: undefined,
          findings: [
            {
              artefact: "stateCopy",
              where: "",
              ...unchecked(
                "no copy was given",
                "npm run kit -- --save FILE writes one, --copy FILE checks it",
              ),
            } satisfies Finding,
          ],
        }
      : await checkCopy(pulumi, { copy, file }, state.stack);
  const stack = state.stack ?? copied.stack;
  const from = state.stack === undefined ? "the copy of the state" : "the state";
  const { finding, secrets } = await readSecrets(pulumi, file);
  return [
    ...tools,
    configuration,
    ...(finding === undefined ? [] : [finding]),
    ...state.findings,
    ...copied.findings,
    { artefact: "clusterToken", where: from, ...judgeOutput(stack, "clusterToken") },
    { artefact: "repositoryPassword", where: from, ...judgeOutput(stack, "backupRepositoryPassword") },
    ...(secrets === undefined ? [] : await checkSecrets(lab, secrets, now)),
  ];
}

type FoundSecrets = Partial<Record<SecretKey, string>>;

/**
 * The secrets of the stack file, decrypted with the backend, or with an empty one where it does not answer.
 */
async function readSecrets(
  pulumi: Pulumi,
  file: string,
): Promise<{ finding: Finding | undefined; secrets: FoundSecrets | undefined }> {
  const found = { artefact: "passphrase", where: file } as const;
  try {
    const secrets = await pulumi
      .secrets(file)
      .catch(() => pulumi.elsewhere(file, undefined, (other) => other.secrets(file)));
    return { secrets, finding: { ...found, ...valid("every secret of the file can be read") } };
  } catch (error) {
    if (!(error instanceof PulumiFailed)) throw error;
    const judgement = judgeFailure(error, "provide the credentials of the stack's secrets provider");
    return { secrets: undefined, finding: { ...found, ...judgement } };
  }
}

async function checkSecrets(lab: Lab, secrets: FoundSecrets, now: Date): Promise<Finding[]> {
  const { backup, proxmox, certificates } = lab.config;
  const needed = neededSecrets(lab);
  /** Reports missing and malformed secrets before anything is requested. */
  const judge = async (key: SecretKey, ask: (value: string) => Promise<Judgement> | Judgement) => {
    const value = secrets[key];
    if (value === undefined || value === "")
      return wrong(`lab:${key} is not set`, `pulumi config set --secret lab:${key}`);
    const problem = judgeSecretForm(key, value);
    return problem === undefined ? await ask(value) : wrong(problem.message, problem.fix);
  };
  const findings: Finding[] = [];
  const store = `${backup.endpoint}/${backup.bucket}`;
  const key = await judge("backupKeyId", (id) =>
    judge("backupKey", async (secret) => {
      const mismatch = judgeRegion(backup);
      if (mismatch !== undefined) return mismatch;
      try {
        findings.push(...(await findBackups(lab, new Bucket(backup, { id, secret }), now)));
        return valid("it lists the bucket");
      } catch (error) {
        if (error instanceof BucketClosed) return error.judgement;
        throw error;
      }
    }),
  );
  findings.unshift({ artefact: "backupKey", where: store, ...key });
  findings.push({
    artefact: "sshKey",
    where: "lab:sshPrivateKey",
    ...(await judge("sshPrivateKey", judgeSshKey)),
  });
  if (proxmox !== undefined && needed.includes("proxmoxApiToken"))
    findings.push({
      artefact: "proxmoxToken",
      where: proxmox.endpoint,
      ...(await judge("proxmoxApiToken", (token) => askProxmox(proxmox.endpoint, token))),
    });
  if (needed.includes("dnsToken"))
    findings.push({
      artefact: "dnsToken",
      where: certificates.acme?.solver ?? "lab:dnsToken",
      ...(await judge("dnsToken", (token) => askDns(certificates, token))),
    });
  return findings;
}
