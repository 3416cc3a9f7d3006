import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privileges } from "../../components/proxmox/privileges.ts";
import type { Lab } from "../../config/lab.ts";

/** A guest in the Proxmox simulator: its configuration, pending changes, and the running values. */
export interface SimulatedGuest {
  readonly vmid: number;
  readonly status: string;
  readonly conf: Readonly<Record<string, unknown>>;
  readonly pending: Readonly<Record<string, unknown>>;
  readonly running: Readonly<Record<string, unknown>> | null;
}

/** A call that the simulator answered. */
export interface ApiCall {
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly message?: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A Proxmox host for a test: the simulator's API and an SSH server on the host's own address. */
export interface Site {
  /** Folder of the datastores that contain files. */
  readonly files: string;
  /** Certificate of the API, for SSL_CERT_FILE. */
  readonly authority: string;
  /** Public key of the SSH server, which the configuration pins. */
  readonly hostKey: string;
  readonly guests: () => Promise<readonly SimulatedGuest[]>;
  readonly calls: () => Promise<readonly ApiCall[]>;
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly close: () => void;
}

/**
 * Starts the simulator and an sshd on the address of a lab's only Proxmox host, which must be an address of this
 * network namespace. The token has the privileges of the documented role except those in `without`.
 */
export async function startSite(options: {
  readonly simulator: string;
  readonly lab: Lab;
  readonly apiToken: string;
  /** Public key that the snippet account accepts. */
  readonly authorizedKey: string;
  readonly without?: readonly string[];
  /** Address and ports; default: the host's own address with the ports 8006 and 22. */
  readonly at?: { readonly address: string; readonly apiPort: number; readonly sshPort: number };
  /** Changes the simulator's configuration. */
  readonly change?: (config: SimulatorConfig) => void;
}): Promise<Site> {
  const { lab } = options;
  const [[name, host] = []] = Object.entries(lab.config.proxmox?.hosts ?? {});
  if (name === undefined || host === undefined) throw new Error("the lab has no Proxmox host");
  const { address, apiPort, sshPort } = options.at ?? { address: host.address, apiPort: 8006, sshPort: 22 };
  const folder = mkdtempSync(join(tmpdir(), "homelab-proxmox-"));
  // sshd rejects authorized keys in a folder that other users can write.
  chmodSync(folder, 0o755);
  const files = join(folder, "files");
  mkdirSync(join(files, "snippets"), { recursive: true });
  const running: ChildProcess[] = [];
  const close = () => {
    for (const child of running) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const config = simulatorConfig(lab, name, options.apiToken, files, options.without ?? []);
    options.change?.(config);
    writeFileSync(join(folder, "simulator.json"), JSON.stringify(config));
    const authority = join(folder, "authority.pem");
    const api = spawn(
      process.execPath,
      [
        options.simulator,
        ...["--port", String(apiPort), "--host", address],
        ...["--config", join(folder, "simulator.json"), "--ca", authority],
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    running.push(api);
    await said(api, "listening");

    const key = join(folder, "host-key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    writeFileSync(join(folder, "authorized_keys"), `${options.authorizedKey}\n`, { mode: 0o600 });
    writeFileSync(join(folder, "sshd_config"), sshdConfig(`${address}:${sshPort}`, folder, key));
    mkdirSync("/run/sshd", { recursive: true });
    const ssh = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    running.push(ssh);
    await said(ssh, "listening");
    const control = (method: string, path: string, body?: unknown) =>
      callJson(`https://${address}:${apiPort}/${path}`, readFileSync(authority, "utf8"), method, body);
    return {
      files,
      authority,
      hostKey: readFileSync(`${key}.pub`, "utf8").trim(),
      guests: async () => ((await control("GET", "__state")) as { vms: SimulatedGuest[] }).vms,
      calls: async () => ((await control("GET", "__log")) as ApiCall[]).filter(({ kind }) => kind === "call"),
      control,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The simulator's configuration, as its README describes it. */
export interface SimulatorConfig {
  version?: string;
  tokens: Record<string, { secret: string; privileges: string[] }>;
  nodes: Record<string, unknown>;
  storages: Record<string, { type: string; path?: string; content: string[]; size: string }>;
  [key: string]: unknown;
}

function simulatorConfig(
  lab: Lab,
  name: string,
  apiToken: string,
  files: string,
  without: readonly string[],
): SimulatorConfig {
  const { proxmox } = lab.config;
  const host = proxmox?.hosts[name];
  if (proxmox === undefined || host === undefined) throw new Error(`the lab has no host ${name}`);
  const [tokenId = "", secret = ""] = apiToken.split("=");
  return {
    tokens: {
      [tokenId]: {
        secret,
        privileges: privileges
          .map((privilege) => privilege.name)
          .filter((privilege) => !without.includes(privilege)),
      },
    },
    nodes: {
      [name]: {
        memory: `${host.memoryGiB}G`,
        cores: host.threads,
        bridges: Object.fromEntries(
          host.bridges.map((bridge) => [bridge, { vlanAware: true, ports: ["eno1"] }]),
        ),
      },
    },
    storages: Object.fromEntries(
      Object.entries(host.datastores).map(([store, { sizeGiB, content }]) => [
        store,
        content.includes("images")
          ? { type: "lvmthin", vg: "pve", content, size: `${sizeGiB}G` }
          : { type: "dir", path: files, content, size: `${sizeGiB}G` },
      ]),
    ),
    memoryPolicy: "sum",
    urls: [
      {
        match: new URL(proxmox.image.url).pathname,
        size: "347M",
        virtualSize: "3G",
        status: 200,
        sha512: proxmox.image.checksum,
      },
    ],
  };
}

function sshdConfig(listen: string, folder: string, key: string): string {
  return [
    `ListenAddress ${listen}`,
    `HostKey ${key}`,
    `PidFile ${join(folder, "sshd.pid")}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    // The test folder is below a world-writable temporary folder.
    "StrictModes no",
    // As in docs/how-to/proxmox.md.
    "Subsystem sftp internal-sftp",
    "ForceCommand internal-sftp",
    "AllowTcpForwarding no",
    "",
  ].join("\n");
}

/** Waits until a child prints a text. @throws Error with its output where it ends before */
async function said(child: ChildProcess, word: string): Promise<void> {
  let text = "";
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`no "${word}" within 20 s from ${child.spawnfile}:\n${text}`)),
      20_000,
    );
    const listen = (part: Buffer) => {
      text += part.toString();
      if (!text.includes(word)) return;
      clearTimeout(limit);
      resolve();
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.once("exit", (status) => {
      clearTimeout(limit);
      reject(new Error(`${child.spawnfile} ended with status ${status}:\n${text}`));
    });
  });
}

function callJson(url: string, ca: string, method: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ca, method, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(JSON.parse(text)));
    });
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
