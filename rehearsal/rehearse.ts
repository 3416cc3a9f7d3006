import { publicKeyOf } from "../components/node/sshKey.ts";
import { providerSdks } from "../components/providerPlugins.ts";
import { readLab } from "../config/read.ts";
import type { Source } from "../config/source.ts";
import { placeholderSecrets } from "../plan/placeholders.ts";
import type { Cli } from "./cli.ts";
import { type EngineStack, openStack } from "./engine.ts";
import { fakeProvidersFor } from "./fakeProviders/fakeProvidersFor.ts";
import { serveFakeProviders } from "./fakeProviders/serve.ts";
import { program } from "./program.ts";
import { realPlugins } from "./providers.ts";
import type { Claim, Report } from "./report.ts";
import type { Event } from "./simulator/journal.ts";
import { simulatorOf } from "./simulator/simulator.ts";

export type ProviderChoice = "real" | "fake" | "auto";

/**
 * Creates a stack with a simulated lab, changes it and destroys it, and reports each phase. Stops at the first phase that
 * fails, with the engine's message.
 */
export async function rehearse(options: {
  readonly cli: Cli;
  readonly stack: string;
  readonly source: Source;
  readonly providers: ProviderChoice;
  readonly report: Report;
}): Promise<Claim[]> {
  const { report } = options;
  const lab = readLab(options.stack, options.source);
  const secrets = placeholderSecrets(lab);
  const simulator = simulatorOf(lab, [publicKeyOf(secrets.sshPrivateKey)], secrets.proxmoxApiToken);
  const fakeProviders = fakeProvidersFor(simulator);
  const served = await serveFakeProviders(fakeProviders);
  const onOutput = report.output;
  let stack: EngineStack | undefined;
  const claims: Claim[] = [];
  const prove = (claim: string, holds: boolean, evidence: string) => claims.push({ claim, holds, evidence });
  const clean = async () => {
    await stack?.close();
    served.close();
    simulator.dispose();
  };
  // The engine receives the same Ctrl-C and stops by itself; state and folders are left.
  let stopping = false;
  const interrupted = () => {
    if (stopping) return;
    stopping = true;
    report.line("\nInterrupted: the rehearsal's state and folders are removed.");
    void clean().finally(() => process.exit(130));
  };
  // Not `once`: the SDK's own listener ends the process by the signal when it is the only one.
  process.on("SIGINT", interrupted);
  process.on("SIGTERM", interrupted);
  try {
    const opened = await openStack({
      cli: options.cli,
      stack: options.stack,
      values: options.source.values,
      secrets,
      program,
      debugProviders: served.debugProviders,
    });
    stack = opened;

    const real =
      options.providers === "fake" ? [] : await realPlugins(options.cli, (line) => report.line(line));
    const missing = Object.keys(providerSdks).filter((name) => !real.some((plugin) => plugin.name === name));
    if (options.providers === "real" && missing.length > 0)
      throw new Error(
        `--providers real: the plugins ${missing.join(", ")} are missing\n  fix: put pulumi-resource-${missing[0]} on PATH, or use --providers auto`,
      );
    if (real.length > 0) {
      const names = real.map(({ name, version, origin }) => `${name} ${version} (${origin})`).join(", ");
      const rest = served.debugProviders
        .split(",")
        .filter((entry) => missing.includes(entry.split(":")[0] ?? ""));
      const replaced = missing.length > 0 ? `; fake providers for ${missing.join(", ")}` : "";
      report.line(`  Provider plugins: ${names}${replaced}`);
      const { changeSummary } = await report.phase(
        "Preview on real provider plugins",
        () => opened.preview({ onOutput, debugProviders: rest.join(",") }),
        ({ changeSummary }) => `${changeSummary.create} to create`,
      );
      prove(
        "the real provider plugins accept every field",
        true,
        `${changeSummary.create} resources previewed by ${names}`,
      );
    } else report.line("  Provider plugins: none was found, so every preview uses the fake providers");

    const preview = await report.phase(
      "Preview",
      () => opened.preview({ onOutput }),
      ({ changeSummary }) => `${changeSummary.create} to create`,
    );
    prove(
      "every policy can decide on a preview with unknown values",
      !/can't run policy/.test(report.engineOutput),
      `${preview.changeSummary.create} resources to create`,
    );

    const up = await report.phase(
      "Up",
      () => opened.up({ onOutput }),
      ({ summary }) => `${summary.resourceChanges?.create ?? 0} created`,
    );
    const created = up.summary.resourceChanges?.create ?? 0;
    prove(
      "up creates the resources of the preview",
      created === preview.changeSummary.create,
      `${created} resources`,
    );

    const joins = simulator.journal.of("install-k3s");
    const role = (names: readonly { readonly name: string }[]) =>
      joins.filter(({ subject }) => names.some(({ name }) => name === subject));
    const servers = role(lab.servers);
    prove(
      "servers join one after another",
      servers.length === lab.servers.length && !overlaps(servers),
      order(servers),
    );
    const agents = role(lab.agents);
    if (agents.length > 1)
      prove(
        "agents join in parallel, after the servers",
        overlaps(agents) && after(agents, servers),
        order(agents),
      );

    const chains: [string, [string, string?][]][] = [
      [
        "the network is created in dependency order",
        [
          ["install-k3s"],
          ["apply-crds"],
          ["release", "cilium"],
          ["verify-ready"],
          ["create-Gateway"],
          ["fetch"],
        ],
      ],
      [
        "storage is created in dependency order, the canary last",
        [
          ["prepare-disks"],
          ["declare-disks"],
          ["release", "longhorn"],
          ["verify-longhorn"],
          ["verify-storage"],
        ],
      ],
    ];
    for (const [claim, steps] of chains) {
      const found = steps.map(([what, subject]) =>
        simulator.journal.of(what).filter((event) => subject === undefined || event.subject === subject),
      );
      const holds = found.every((events, index) => {
        const before = found[index - 1]?.[0];
        const first = events[0];
        return first !== undefined && (before === undefined || before.ended <= first.began);
      });
      prove(claim, holds, steps.map(([what, subject]) => subject ?? what).join(", "));
    }

    const again = await report.phase(
      "Up again",
      () => opened.up({ onOutput }),
      ({ summary }) => `${summary.resourceChanges?.same ?? 0} unchanged`,
    );
    const changes = Object.entries(again.summary.resourceChanges ?? {}).filter(([kind]) => kind !== "same");
    prove(
      "a second up changes nothing",
      changes.length === 0,
      `${again.summary.resourceChanges?.same ?? 0} unchanged`,
    );

    // No supported release is two minor versions above the pinned one, so the state's cluster is set two minors back.
    const { version } = lab.config.cluster;
    const older = version.replace(/^v1\.(\d+)\./, (_, minor: string) => `v1.${Number(minor) - 2}.`);
    await opened.editState((text) => text.replaceAll(version, older));
    prove(
      "preview rejects a skipped minor version of K3s",
      ...(await report.phase(
        "K3s version that skips a minor",
        () => refusal(opened.preview({ onOutput }), "K4"),
        ([refused]) => (refused ? "refused (K4)" : "not refused"),
      )),
    );
    await opened.editState((text) => text.replaceAll(older, version));

    prove(
      "destroy stops at protected resources",
      ...(await report.phase(
        "Destroy",
        () => refusal(opened.destroy({ onOutput }), "protect"),
        ([refused]) => (refused ? "refused (protected)" : "not refused"),
      )),
    );
    const state = opened.stateText();
    const { mirrorPasswords, ...others } = secrets;
    const planted = [
      ...Object.values(others),
      // One per mirror with a login. Without logins the secret is `{}`, which every state contains.
      ...Object.values(JSON.parse(mirrorPasswords) as Record<string, string>),
      simulator.cluster.authority,
      simulator.cluster.clientKey,
    ];
    const leaked = planted.filter((secret) =>
      `${report.engineOutput}\n${state}`.includes(distinctLine(secret)),
    );
    prove(
      "neither state nor output contains a secret",
      leaked.length === 0,
      `${planted.length} searched for`,
    );

    await opened.unprotectAll();
    simulator.demolition = true;
    const destroyed = await report.phase(
      "Destroy, protection lifted",
      () => opened.destroy({ onOutput }),
      ({ summary }) => `${summary.resourceChanges?.delete ?? 0} deleted`,
    );
    const left = [...simulator.hosts.values()].reduce((sum, host) => sum + host.machines.size, 0);
    prove(
      "destroy deletes every machine",
      left === 0,
      `${destroyed.summary.resourceChanges?.delete ?? 0} resources deleted, ${left} machines left`,
    );
    return claims;
  } catch (error) {
    // The error of an interrupted engine is not a failure of the program.
    if (stopping) await new Promise(() => {});
    throw error;
  } finally {
    if (!stopping) {
      process.off("SIGINT", interrupted);
      process.off("SIGTERM", interrupted);
      await clean();
    }
  }
}

/** Whether an operation failed with a message that contains `word`, and the line that contains it. */
async function refusal(operation: Promise<unknown>, word: string): Promise<[boolean, string]> {
  try {
    await operation;
    return [false, "the operation succeeded"];
  } catch (error) {
    const line = (error as Error).message.split("\n").find((candidate) => candidate.includes(word));
    return [line !== undefined, line?.trim().slice(0, 200) ?? "the operation failed for another reason"];
  }
}

function overlaps(events: readonly Event[]): boolean {
  const sorted = events.toSorted((one, other) => one.began - other.began);
  return sorted.some((event, index) => index > 0 && event.began < (sorted[index - 1]?.ended ?? 0));
}

function after(later: readonly Event[], earlier: readonly Event[]): boolean {
  const end = Math.max(...earlier.map(({ ended }) => ended));
  return later.every(({ began }) => began >= end);
}

function order(events: readonly Event[]): string {
  return events.map(({ subject }) => subject).join(", ");
}

/** The second line of a secret where it has several, because the first line of every private key is the same. */
function distinctLine(secret: string): string {
  return secret.split("\n")[2] ?? secret;
}
