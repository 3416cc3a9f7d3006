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

/** The parts that are missing beside the API server; api.py says what each of them does. */
export type Part =
  | "evict"
  | "bind"
  | `provision ${string}`
  | "move"
  | `move ${"changed" | "failed" | "never"}`;

/** Definitions that a test may want. */
type Group = "longhorn.io" | "snapshot.storage.k8s.io" | "postgresql.cnpg.io" | "velero.io";

/** A server with the real API, with Longhorn's definitions where they are wanted. */
export class Cluster {
  readonly #member: Member;

  private constructor(member: Member) {
    this.#member = member;
  }

  /** `binds` are folders of this machine that it sees. */
  static async start(
    groups: readonly Group[],
    binds: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const member = await Member.start(bootstrapServer.name, "trixie", binds);
    const cluster = new Cluster(member);
    await member.changesOf("configure-k3s.sh", configure());
    await member.changesOf("install-k3s.sh", await member.publish("v1.36.2+k3s1"));
    await member.must("cat > /opt/api.py", readFileSync(new URL("api.py", import.meta.url), "utf8"));
    await cluster.define(groups);
    return cluster;
  }

  stop(): Promise<void> {
    return this.#member.stop();
  }

  must(line: string, input = ""): Promise<string> {
    return this.#member.must(line, input);
  }

  /** Has definitions served, as their charts and apply-crds.sh would. */
  async define(groups: readonly Group[]): Promise<void> {
    if (groups.length === 0) return;
    const items = groups.flatMap(released);
    await this.put(...items);
    await this.must(
      `k3s kubectl wait --for=condition=Established --timeout=60s crd ${items.map(({ metadata }) => metadata.name).join(" ")}`,
    );
  }

  /** Writes objects as they are, with their status; those that exist are changed. */
  async put(...items: Item[]): Promise<void> {
    await this.must("python3 /opt/api.py put", JSON.stringify(items));
  }

  get(path: string, field: string): Promise<string> {
    return this.must(`k3s kubectl get ${path} -o 'jsonpath=${field}'`);
  }

  /** Runs something while that part is played; what the part did, a line each, comes with its result. */
  async playing<T>(part: Part, task: () => Promise<T>): Promise<{ result: T; did: string[] }> {
    await this.must("rm -f /run/stop");
    const played = this.must(`python3 /opt/api.py ${part}`);
    // Told once the task has ended, whatever came of it: a part that broke is why.
    played.catch(() => {});
    try {
      return { result: await task(), did: await this.#end(played) };
    } catch (error) {
      await this.#end(played);
      throw error;
    }
  }

  async #end(played: Promise<string>): Promise<string[]> {
    await this.must("touch /run/stop");
    return (await played).split("\n");
  }

  script(file: string, settings: Settings) {
    return this.#member.script(file, settings);
  }

  /** Runs a script that must succeed, and gives what it changed. */
  async changesOf(file: string, settings: Settings): Promise<string[]> {
    const { status, stdout, stderr } = await this.script(file, settings);
    assert.equal(status, 0, `${file}\n${stdout}${stderr}`);
    return stdout.split("\n").flatMap((line) => /: changed: (.*)/.exec(line)?.[1] ?? []);
  }

  /** Runs a script that must have nothing to do: every line says so. */
  async unchanged(file: string, settings: Settings): Promise<string> {
    const { status, stdout, stderr } = await this.script(file, settings);
    assert.equal(status, 0, `${file}\n${stdout}${stderr}`);
    assert.match(stdout, /^([a-z-]+: unchanged: .*\n)+$/);
    return stdout;
  }

  /**
   * Runs a script that must refuse in that lesson's name, with these words and a fix, and change nothing. Gives all
   * that it said.
   */
  async refuses(file: string, settings: Settings, lesson: string, ...words: string[]): Promise<string> {
    const before = await this.state();
    const { status, stdout, stderr } = await this.script(file, settings);
    assert.equal(status, 1, `${file} was to refuse\n${stdout}${stderr}`);
    for (const word of [`REFUSED (${lesson}): `, "\n  fix: ", ...words])
      assert(stderr.includes(word), `${file} was to say '${word}', and said\n${stderr}`);
    assert.equal(await this.state(), before, `${file} refused, and changed something`);
    return stderr;
  }

  /** Every object that has to do with storage, with its version: any write to one shows. */
  state(): Promise<string> {
    return this.must("python3 /opt/api.py state");
  }

  /** Takes away what belongs to Longhorn, and every volume. */
  async clear(): Promise<void> {
    await this.must("python3 /opt/api.py clear");
  }
}

/** The released definitions of an API group. */
function released(group: string): Item[] {
  if ("missing" in definitions) throw new Error(definitions.missing);
  const folder = `${definitions.folder}/${group}`;
  return readdirSync(folder).map((file) => parse(readFileSync(`${folder}/${file}`, "utf8")) as Item);
}
