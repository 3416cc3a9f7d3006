import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The directory of the guest scripts on a node. An operator can run them there by hand. */
export const guestDirectory = "/opt/homelab/guest";

const source = fileURLToPath(new URL("../../guest/", import.meta.url));

/** A script of guest/ with its file permissions. */
export interface GuestScript {
  readonly name: string;
  readonly content: string;
  readonly executable: boolean;
}

/** Every script of guest/, sorted by name. */
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
 * A shell script that writes all guest scripts to a node. Each file is renamed into place, so a connection that is lost
 * halfway leaves complete files. The script sets the permissions that the files have in guest/, because an upload by the
 * command provider would lose them.
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

/** A hash of a script and of lib.sh, which every script sources. A step runs again when this hash changes. */
export function scriptHash(scripts: readonly GuestScript[], name: string): string {
  const hash = createHash("sha256");
  for (const wanted of ["lib.sh", name]) {
    const script = scripts.find((candidate) => candidate.name === wanted);
    if (script === undefined) throw new Error(`guest/${wanted} is missing`);
    hash.update(script.content);
  }
  return hash.digest("hex");
}
