// Runs the Proxmox layer with the real provider plugin and the Proxmox simulator in its own network namespace, and
// writes the results as JSON. rehearsal/proxmox.engine.test.ts starts it: node trial.ts SIMULATOR RESULT_FILE
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualMachineType } from "../../catalog/resourceTypes.ts";
import { publicKeyOf } from "../../components/node/sshKey.ts";
import { checkApi, checkVmId } from "../../components/proxmox/apiChecks.ts";
import { hostApi } from "../../components/proxmox/hostApi.ts";
import { checkSsh } from "../../components/proxmox/sshChecks.ts";
import { type Diagnostic, formatDiagnostic } from "../../config/diagnostic.ts";
import type { Lab, VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile, type Source } from "../../config/source.ts";
import { placeholderSecrets } from "../../plan/placeholders.ts";
import { findCli } from "../cli.ts";
import { openStack } from "../engine.ts";
import { messageOf } from "../openLab.ts";
import { proxmoxLayer } from "./layer.ts";
import { type SimulatedGuest, type Site, startSite } from "./site.ts";

/** Results of one operation of the engine, and the host's record of it. */
export interface Step {
  readonly changes: Readonly<Record<string, number>>;
  /** Warnings of the program. */
  readonly warnings: readonly string[];
  /** Calls that the API answered with 403. */
  readonly forbidden: readonly string[];
  readonly writes: number;
  readonly seconds: number;
}

export interface TrialResult {
  /** Findings of the host gate, by the fault. */
  readonly refusals: Readonly<Record<string, string>>;
  /** The message of an `up` whose token lacks a privilege, and the write calls before it. */
  readonly refusedUp: { readonly message: string; readonly writes: number; readonly inState: number };
  readonly steps: Readonly<Record<string, Step>>;
  readonly knownHosts: string;
  readonly pinned: string;
  readonly snippetModes: readonly string[];
  readonly worker: Readonly<Record<"changed" | "restarted" | "enlarged", SimulatedGuest>>;
  /** A destroy of a machine that only Proxmox protects, and the status of the machine afterwards. */
  readonly protectedDelete: { readonly message: string; readonly status: string };
  /** Changes in a preview that compares the speed limits of disks. */
  readonly withoutIgnored: Readonly<Record<string, number>>;
  /** The preview's answer to a larger disk and more memory in one update. */
  readonly together: string;
  readonly left: { readonly guests: number; readonly volumes: number };
}

const apiToken = "pulumi@pve!homelab=01234567-89ab-cdef-0123-456789abcdef";
const worker = "four";

const [simulator, resultFile] = process.argv.slice(2);
if (simulator === undefined || resultFile === undefined)
  throw new Error("usage: trial.ts SIMULATOR RESULT_FILE");

const home = mkdtempSync(join(tmpdir(), "homelab-trial-home-"));
// The plugin stores known_hosts in the home folder; the user's own file must not change.
process.env.XDG_CACHE_HOME ||= join(process.env.HOME ?? "", ".cache");
process.env.HOME = home;
const secrets = { ...placeholderSecrets(), proxmoxApiToken: apiToken };
const source = readStackFile("test/fixtures/valid/minimal.yaml");
const site = await startSite({
  simulator,
  lab: readLab("trial", source),
  apiToken,
  authorizedKey: publicKeyOf(secrets.sshPrivateKey),
  // Another guest with the id of a server; it is removed before the first `up`.
  change: (config) => {
    config.vms = [{ vmid: 113, node: "pve", name: "router", status: "running", memory: 2048 }];
  },
});
try {
  // First, because Node.js reads the system's certificate authorities only once.
  delete process.env.SSL_CERT_FILE;
  const certificate = await untrusted(site);
  process.env.SSL_CERT_FILE = site.authority;
  const result: TrialResult = {
    refusals: { certificate, ...(await refusals(site)) },
    ...(await generation(site)),
  };
  writeFileSync(resultFile, JSON.stringify(result));
} finally {
  site.close();
  rmSync(home, { recursive: true, force: true });
}

/** The fixture with the account and key of this site. */
function configured(hostKey: string | undefined): Source {
  const values = structuredClone(source.values) as {
    proxmox: { snippetUser: string; hosts: Record<string, { hostKey?: string }> };
  };
  values.proxmox.snippetUser = "root";
  for (const host of Object.values(values.proxmox.hosts)) {
    delete host.hostKey;
    if (hostKey !== undefined) host.hostKey = hostKey;
  }
  return { ...source, values };
}

/** The gate's findings where the host's certificate authority is not trusted. */
async function untrusted({ hostKey }: Site): Promise<string> {
  const lab = readLab("trial", configured(hostKey));
  return shown(await checkApi(lab, "", hostApi(lab.config.proxmox?.endpoint ?? "", apiToken)));
}

/** Every faulty host that the gate must reject, called as the gate calls it. */
async function refusals({ control, hostKey }: Site): Promise<Record<string, string>> {
  const lab = readLab("trial", configured(hostKey));
  const endpoint = lab.config.proxmox?.endpoint ?? "";
  const tokenId = (token: string) => token.split("=")[0] ?? "";
  const api = async (token = apiToken) =>
    shown(await checkApi(lab, tokenId(token), hostApi(endpoint, token)));
  const ssh = async (of: Lab, key = secrets.sshPrivateKey) => shown(await checkSsh(of, key));
  const original = (await control("GET", "__config")) as {
    version: string;
    tokens: Record<string, { privileges: string[] }>;
    storages: Record<string, { content: string[] }>;
  };
  const withConfig = async (config: object) => {
    await control("POST", "__config", config);
    const answer = await api();
    const { version, tokens, storages } = original;
    await control("POST", "__config", { version, tokens, storages });
    return answer;
  };
  const [id = "", token] = Object.entries(original.tokens)[0] ?? [];
  const lacking = (name: string) => ({
    tokens: { [id]: { ...token, privileges: token?.privileges.filter((other) => other !== name) } },
  });
  const storageWithout = (name: string, content: string) => ({
    storages: {
      [name]: {
        ...original.storages[name],
        content: original.storages[name]?.content.filter((other) => other !== content),
      },
    },
  });
  const other = publicKeyOf(placeholderSecrets().sshPrivateKey);
  const found: Record<string, string> = {
    nothing: await api(),
    privilege: await withConfig(lacking("VM.Config.CDROM")),
    snippets: await withConfig(storageWithout("local", "snippets")),
    images: await withConfig(storageWithout("fast", "images")),
    version: await withConfig({ version: "8.2.4" }),
    realm: await api(apiToken.replace("@pve", "@pam")),
    secret: await api(apiToken.replace(/.$/, "0")),
    hostKeyMissing: await ssh(readLab("trial", configured(undefined))),
    hostKeyOther: await ssh(readLab("trial", configured(other))),
    account: await ssh(lab, placeholderSecrets().sshPrivateKey),
  };
  const taken = lab.nodes.find(({ name }) => name === "three") as VirtualNode;
  found.id = shown(await checkVmId(taken, hostApi(endpoint, apiToken)));
  await control("POST", "__vm", { vmid: taken.vm.id, remove: true });
  found.idFree = shown(await checkVmId(taken, hostApi(endpoint, apiToken)));
  const file = join(home, ".ssh", "known_hosts");
  const pinned = await ssh(lab);
  writeFileSync(file, `10.1.0.5 ${other.split(" ").slice(0, 2).join(" ")}\n`, { flag: "a" });
  found.knownHosts = await ssh(lab);
  rmSync(file);
  return { ...found, pinned };
}

function shown(problems: readonly Diagnostic[]): string {
  return problems.map(formatDiagnostic).join("\n");
}

/** The whole cycle: a role that lacks a privilege, up, up, refresh, up, more memory, a power cycle, destroy. */
async function generation(site: Site): Promise<Omit<TrialResult, "refusals">> {
  const { values } = configured(site.hostKey);
  let ignoresSpeed = true;
  const stack = await openStack({
    cli: await findCli(),
    stack: "trial",
    values,
    secrets,
    program: () => proxmoxLayer(ignoresSpeed),
    debugProviders: "",
    policies: false,
  });
  const steps: Record<string, Step> = {};
  const step = async (name: string, run: (onOutput: (text: string) => void) => Promise<Operation>) => {
    await site.control("DELETE", "__log");
    let output = "";
    const began = performance.now();
    const { summary } = await run((text) => {
      output += text;
    });
    const calls = await site.calls();
    steps[name] = {
      changes: (summary.resourceChanges ?? {}) as Record<string, number>,
      warnings: [...new Set(output.split("\n").filter((line) => /takes effect|fix: /.test(line)))],
      forbidden: calls
        .filter(({ status }) => status === 403)
        .map(({ method, path, message }) => `${method} ${path}: ${message}`),
      writes: calls.filter(({ method }) => method !== "GET").length,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  };
  const guest = async (): Promise<SimulatedGuest> => {
    const found = (await site.guests()).find(({ conf }) => conf.name === worker);
    if (found === undefined) throw new Error(`the simulator has no guest ${worker}`);
    return found;
  };
  try {
    const { tokens } = (await site.control("GET", "__config")) as {
      tokens: Record<string, { privileges: string[] }>;
    };
    const [id = "", token] = Object.entries(tokens)[0] ?? [];
    const privileges = token?.privileges.filter((name) => name !== "VM.Config.CDROM");
    await site.control("POST", "__config", { tokens: { [id]: { ...token, privileges } } });
    await site.control("DELETE", "__log");
    const message = await messageOf(stack.up());
    const refusedUp = {
      message,
      writes: (await site.calls()).filter(({ method }) => method !== "GET").length,
      inState: stack.resources().filter(({ type }) => type.startsWith("proxmoxve:")).length,
    };
    await site.control("POST", "__config", { tokens });

    await step("up", (onOutput) => stack.up({ onOutput }));
    const snippets = join(site.files, "snippets");
    const snippetModes = readdirSync(snippets).map((file) =>
      (statSync(join(snippets, file)).mode & 0o777).toString(8),
    );
    await step("up again", (onOutput) => stack.up({ onOutput }));
    await step("refresh", (onOutput) => stack.refresh({ onOutput }));
    await step("up after the refresh", (onOutput) => stack.up({ onOutput }));
    ignoresSpeed = false;
    const withoutIgnored = (await stack.preview()).changeSummary as Record<string, number>;
    ignoresSpeed = true;
    const { nodes } = values as {
      nodes: Record<string, { vm: { memoryGiB: number; systemDiskGiB: number } }>;
    };
    const more = structuredClone(nodes);
    if (more[worker] !== undefined) more[worker].vm.memoryGiB = 18;
    await stack.setConfig({ nodes: JSON.stringify(more) });
    await step("more memory", (onOutput) => stack.up({ onOutput }));
    const changed = await guest();
    await step("up while it waits", (onOutput) => stack.up({ onOutput }));
    await site.control("POST", "__vm", { vmid: changed.vmid, status: "stopped" });
    await site.control("POST", "__vm", { vmid: changed.vmid, status: "running" });
    const restarted = await guest();
    const vm = more[worker]?.vm;
    if (vm !== undefined) Object.assign(vm, { systemDiskGiB: 90, memoryGiB: 20 });
    await stack.setConfig({ nodes: JSON.stringify(more) });
    const together = await messageOf(stack.preview());
    if (vm !== undefined) vm.memoryGiB = 18;
    await stack.setConfig({ nodes: JSON.stringify(more) });
    await step("a larger disk", (onOutput) => stack.up({ onOutput }));
    const enlarged = await guest();
    const urn = stack.urnOf(virtualMachineType, worker);
    await stack.unprotect(urn);
    const refusedDelete = await messageOf(stack.destroy({ target: [urn] }));
    const { status } = await guest();
    await stack.setConfig({ production: "false" });
    await step("protection lifted", (onOutput) => stack.up({ onOutput }));
    await step("destroy", (onOutput) => stack.destroy({ onOutput }));
    const left = (await site.control("GET", "__state")) as { vms: unknown[]; volumes: unknown[] };
    return {
      refusedUp,
      steps,
      knownHosts: readFileSync(join(home, ".ssh", "known_hosts"), "utf8"),
      pinned: site.hostKey,
      snippetModes,
      worker: { changed, restarted, enlarged },
      together,
      withoutIgnored,
      protectedDelete: { message: refusedDelete, status },
      left: { guests: left.vms.length, volumes: left.volumes.length },
    };
  } finally {
    await stack.close();
  }
}

interface Operation {
  readonly summary: { readonly resourceChanges?: unknown };
}
