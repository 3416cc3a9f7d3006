import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the scripts live on a node, so that a person can run them there too. */
export const guestDirectory = "/opt/homelab/guest";

const source = fileURLToPath(new URL("../../guest/", import.meta.url));

/** One script of guest/, with the permissions it has here. */
export interface GuestScript {
  readonly name: string;
  readonly content: string;
  readonly executable: boolean;
}

/** Every script of guest/, in the order of their names. */
export function guestScripts(directory = source): GuestScript[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sh"))
    .toSorted()
    .map((name) => ({
      name,
      content: readFileSync(`${directory}/${name}`, "utf8"),
      executable: (statSync(`${directory}/${name}`).mode & 0o100) !== 0,
    }));
}

/**
 * A shell script that lays all the scripts down on a node, each by rename, so that a connection lost in the
 * middle leaves whole files. Permissions are the ones that the files have here: the upload of the command
 * provider would drop them.
 */
export function guestBundle(scripts: readonly GuestScript[]): string {
  const parts = scripts.map(({ name, content, executable }) => {
    const end = `END-OF-${name}`;
    if (content.includes(end)) throw new Error(`guest/${name} contains the line ${end}`);
    return `put ${name} ${executable ? "0755" : "0644"} <<'${end}'\n${content}${content.endsWith("\n") ? "" : "\n"}${end}\n`;
  });
  return [
    "set -euo pipefail",
    `directory=\${GUEST_DIRECTORY:-${guestDirectory}}`,
    'install -d -m 0755 "$directory"',
    "put() {",
    '  cat > "$directory/.$1.new"',
    '  chmod "$2" "$directory/.$1.new"',
    '  mv -f "$directory/.$1.new" "$directory/$1"',
    "}",
    ...parts,
    `echo "${scripts.length} guest scripts in $directory"`,
    "",
  ].join("\n");
}

/** What a step must be run again for: its own script, or the library that all of them read. */
export function scriptHash(scripts: readonly GuestScript[], name: string): string {
  const hash = createHash("sha256");
  for (const wanted of ["lib.sh", name]) {
    const script = scripts.find((candidate) => candidate.name === wanted);
    if (script === undefined) throw new Error(`guest/${wanted} is missing`);
    hash.update(script.content);
  }
  return hash.digest("hex");
}
