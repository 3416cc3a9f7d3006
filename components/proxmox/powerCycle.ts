import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../../config/diagnostic.ts";

/** Inputs of a machine that QEMU reads when it starts; Proxmox keeps a change of them pending until then. */
const readAtStart = [
  ["memory", "dedicated"],
  ["cpu", "cores"],
  ["cpu", "sockets"],
  ["cpu", "type"],
  ["machine"],
  ["bios"],
  ["scsiHardware"],
  ["vga", "type"],
  ["agent", "enabled"],
] as const;

type Inputs = Readonly<Record<string, unknown>>;

/**
 * Changes of a machine that wait for a power cycle, such as `memory.dedicated 16384 → 18432`. The provider applies them to
 * the configuration, does not restart the machine (`rebootAfterUpdate: false`), and its warning about that is lost on the
 * way through the Terraform bridge; a later `up` or `refresh` finds nothing to do.
 */
export function waitingForPowerCycle(old: Inputs, now: Inputs): string[] {
  return readAtStart.flatMap((path) => {
    const [before, after] = [valueAt(old, path), valueAt(now, path)];
    return isDeepStrictEqual(before, after) ? [] : [`${path.join(".")} ${shown(before)} → ${shown(after)}`];
  });
}

/** What the owner reads when an `up` has changed a machine that goes on as it was; undefined where nothing waits. */
export function powerCycleNotice(
  machine: { readonly name: string; readonly id: number; readonly host: string },
  old: Inputs,
  now: Inputs,
): string | undefined {
  const waiting = waitingForPowerCycle(old, now);
  if (waiting.length === 0) return undefined;
  return (
    `${machine.name} keeps running as it was: ${waiting.join(", ")} takes effect when the machine is stopped and started\n` +
    `  fix: drain the node and run \`qm reboot ${machine.id}\` on ${machine.host}, one node at a time (docs/how-to/proxmox.md, "A change of memory or cores")`
  );
}

interface Disk {
  readonly interface?: string;
  readonly size?: number;
}

/**
 * Refuses a disk that grows together with a change that waits for a power cycle. The provider stores the change, then fails
 * with "cannot resize disks while the VM is running", and the state has half of the update.
 */
export function refusedTogether(node: string, old: Inputs, now: Inputs): Diagnostic[] {
  const waiting = waitingForPowerCycle(old, now);
  const before = (old.disks ?? []) as readonly Disk[];
  const grown = ((now.disks ?? []) as readonly Disk[]).filter(({ interface: slot, size = 0 }) =>
    before.some((disk) => disk.interface === slot && size > (disk.size ?? 0)),
  );
  if (waiting.length === 0 || grown.length === 0) return [];
  const slots = grown.map((disk) => disk.interface).join(", ");
  return [
    {
      path: `lab:nodes.${node}`,
      lesson: "C3",
      message: `enlarges the disk in ${slots} together with ${waiting.join(", ")}, and Proxmox resizes no disk of a running machine while another change waits for a power cycle`,
      fix: "make the two changes in two `pulumi up`: the larger disk first, which takes effect at once",
    },
  ];
}

function valueAt(inputs: Inputs, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Inputs | undefined)?.[key], inputs);
}

function shown(value: unknown): string {
  return value === undefined ? "unset" : String(value);
}
