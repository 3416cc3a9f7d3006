import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../../config/diagnostic.ts";

/** Inputs that QEMU reads at its start. Proxmox keeps a change of them pending until the machine is stopped and started. */
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
 * Changes that stay pending until a power cycle, such as `memory.dedicated 16384 → 18432`. The provider writes them to the
 * machine's configuration and does not restart the machine (`rebootAfterUpdate: false`). The Terraform bridge drops the
 * provider's warning, and a later `up` or `refresh` detects no difference.
 */
export function pendingChanges(old: Inputs, now: Inputs): string[] {
  return readAtStart.flatMap((path) => {
    const [before, after] = [valueAt(old, path), valueAt(now, path)];
    return isDeepStrictEqual(before, after)
      ? []
      : [`${path.join(".")} ${formatValue(before)} → ${formatValue(after)}`];
  });
}

/** The warning of an `up` whose changes are pending; undefined when no change is pending. */
export function powerCycleNotice(
  machine: { readonly name: string; readonly id: number; readonly host: string },
  old: Inputs,
  now: Inputs,
): string | undefined {
  const pending = pendingChanges(old, now);
  if (pending.length === 0) return undefined;
  return (
    `${machine.name} keeps running as it was: ${pending.join(", ")} takes effect when the machine is stopped and started\n` +
    `  fix: drain the node and run \`qm reboot ${machine.id}\` on ${machine.host}, one node at a time (docs/how-to/proxmox.md, "A change of memory or cores")`
  );
}

interface Disk {
  readonly interface?: string;
  readonly size?: number;
}

/**
 * Rejects an update that enlarges a disk and has pending changes. The provider stores the pending change, then fails with
 * "cannot resize disks while the VM is running", and the state contains half of the update.
 */
export function refusedResize(node: string, old: Inputs, now: Inputs): Diagnostic[] {
  const pending = pendingChanges(old, now);
  const before = (old.disks ?? []) as readonly Disk[];
  const grown = ((now.disks ?? []) as readonly Disk[]).filter(({ interface: slot, size = 0 }) =>
    before.some((disk) => disk.interface === slot && size > (disk.size ?? 0)),
  );
  if (pending.length === 0 || grown.length === 0) return [];
  const slots = grown.map((disk) => disk.interface).join(", ");
  return [
    {
      path: `lab:nodes.${node}`,
      lesson: "C3",
      message: `enlarges the disk in ${slots} together with ${pending.join(", ")}, and Proxmox cannot resize a disk of a running machine while another change is pending`,
      fix: "make the two changes in two runs of `pulumi up`, the larger disk first: it takes effect at once",
    },
  ];
}

function valueAt(inputs: Inputs, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Inputs | undefined)?.[key], inputs);
}

function formatValue(value: unknown): string {
  return value === undefined ? "unset" : String(value);
}
