import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Settings } from "../../../components/node/guestSettings.ts";
import { findDefinitions, orFailInCi } from "../../../test/upstream.ts";
import { bootstrapServer, configure, Member } from "../k3s/member.ts";
import { whyNoImage } from "../vm/image.ts";
import type { Item } from "./objects.ts";

const definitions = orFailInCi(await findDefinitions());

/** Why these tests cannot run here, or undefined where they can. */
export const missing = "missing" in definitions ? definitions.missing : whyNoImage("trixie");
if (missing !== undefined) console.warn(`skipped: ${missing}`);

/** The controllers that the API server lacks and api.py simulates. */
export type Controller =
  | "evict"
  | "bind"
  | `provision ${string}`
  | "move"
  | `move ${"changed" | "failed" | "never"}`;

/** API groups whose definitions a test can install. */
type Group = "longhorn.io" | "snapshot.storage.k8s.io" | "postgresql.cnpg.io" | "velero.io";

/** A server with the real API, and with the definitions of the given groups. */
export class Cluster {
  readonly #member: Member;

  private constructor(member: Member) {
    this.#member = member;
  }

  /** `binds` are folders of this machine, mounted read-only. */
  static async start(
    groups: readonly Group[],
    binds: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const member = await Member.start(bootstrapServer.name, "trixie", binds);
    const cluster = new Cluster(member);
    await member.changesOf("configure-k3s.sh", configure());
    await member.changesOf("install-k3s.sh", await member.publish("v1.36.2+k3s1"));
    await member.run("cat > /opt/api.py", readFileSync(new URL("api.py", import.meta.url), "utf8"));
    await cluster.define(groups);
    return cluster;
  }

  stop(): Promise<void> {
    return this.#member.stop();
  }

  /** Runs a command line as root that must succeed; returns its output. */
  run(line: string, input = ""): Promise<string> {
    return this.#member.run(line, input);
  }

  /** Installs definitions, as their charts and apply-crds.sh would. */
  async define(groups: readonly Group[]): Promise<void> {
    if (groups.length === 0) return;
    const items = groups.flatMap(released);
    await this.put(...items);
    await this.run(
      `k3s kubectl wait --for=condition=Established --timeout=60s crd ${items.map(({ metadata }) => metadata.name).join(" ")}`,
    );
  }

  /** Creates or updates objects as given, with their status. */
  async put(...items: Item[]): Promise<void> {
    await this.run("python3 /opt/api.py put", JSON.stringify(items));
  }

  get(path: string, field: string): Promise<string> {
    return this.run(`k3s kubectl get ${path} -o 'jsonpath=${field}'`);
  }

  /** Runs a task while a controller is simulated; returns the task's result and the controller's actions, one per line. */
  async simulating<T>(
    controller: Controller,
    task: () => Promise<T>,
  ): Promise<{ result: T; actions: string[] }> {
    await this.run("rm -f /run/stop");
    const simulation = this.run(`python3 /opt/api.py ${controller}`);
    // Reported after the task has ended, whatever its result: a failed simulation is the cause.
    simulation.catch(() => {});
    try {
      return { result: await task(), actions: await this.#end(simulation) };
    } catch (error) {
      await this.#end(simulation);
      throw error;
    }
  }

  async #end(simulation: Promise<string>): Promise<string[]> {
    await this.run("touch /run/stop");
    return (await simulation).split("\n");
  }

  script(file: string, settings: Settings) {
    return this.#member.script(file, settings);
  }

  /** Runs a script that must succeed; returns what it changed. */
  async changesOf(file: string, settings: Settings): Promise<string[]> {
    const { status, stdout, stderr } = await this.script(file, settings);
    assert.equal(status, 0, `${file}\n${stdout}${stderr}`);
    return stdout.split("\n").flatMap((line) => /: changed: (.*)/.exec(line)?.[1] ?? []);
  }

  /** Runs a script that must change nothing; returns its output. */
  async unchanged(file: string, settings: Settings): Promise<string> {
    const { status, stdout, stderr } = await this.script(file, settings);
    assert.equal(status, 0, `${file}\n${stdout}${stderr}`);
    assert.match(stdout, /^([a-z-]+: unchanged: .*\n)+$/);
    return stdout;
  }

  /**
   * Runs a script that must refuse with that lesson, these words and a fix, and change nothing. Returns its standard error.
   */
  async refuses(file: string, settings: Settings, lesson: string, ...words: string[]): Promise<string> {
    const before = await this.state();
    const { status, stdout, stderr } = await this.script(file, settings);
    assert.equal(status, 1, `${file} should have refused\n${stdout}${stderr}`);
    for (const word of [`REFUSED (${lesson}): `, "\n  fix: ", ...words])
      assert(stderr.includes(word), `${file} should have printed '${word}', and printed\n${stderr}`);
    assert.equal(await this.state(), before, `${file} refused, and changed objects`);
    return stderr;
  }

  /** Every object related to storage, with its version, so that any write shows. */
  state(): Promise<string> {
    return this.run("python3 /opt/api.py state");
  }

  /** Deletes Longhorn's objects, and every volume. */
  async clear(): Promise<void> {
    await this.run("python3 /opt/api.py clear");
  }
}

/** The released definitions of an API group. */
function released(group: string): Item[] {
  if ("missing" in definitions) throw new Error(definitions.missing);
  const folder = `${definitions.folder}/${group}`;
  return readdirSync(folder).map((file) => parse(readFileSync(`${folder}/${file}`, "utf8")) as Item);
}
