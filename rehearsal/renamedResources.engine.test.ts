import { expect, test } from "vitest";
import { openLab } from "./openLab.ts";

/** Resources that were renamed, as patterns in a URN, and their former names. A renamed resource must have an alias. */
const formerNames: readonly (readonly [now: RegExp, before: string])[] = [
  [/lab:node:PreparedNode/g, "lab:node:Node"],
  [/::proxmox-([a-z0-9-]+-image)(?=[":])/g, "::$1"],
  [/::cluster-([a-z0-9-]+-(?:configure-k3s|install-k3s|k3s-archive|images))(?=[":])/g, "::$1"],
  [/::storage-snapshot-controller(?:-[a-z-]+)?(?=[":])/g, "::snapshot-controller"],
  [
    /::storage-(volume-snapshots|backup-store|local-path|longhorn[a-z-]*|[a-z0-9-]+-declare-disks)(?=[":])/g,
    "::$1",
  ],
];

test("updates no resource of a state in which the renamed resources have their former names", async () => {
  const { stack, close } = await openLab({ policies: false });
  try {
    await stack.up();
    let renamed = 0;
    await stack.editState((text) =>
      formerNames.reduce(
        (state, [now, before]) =>
          state.replace(now, (...groups) => {
            renamed += 1;
            return before.replace("$1", String(groups[1]));
          }),
        text,
      ),
    );
    expect(renamed).toBeGreaterThan(100);
    for (const { urn } of stack.resources())
      expect(urn).not.toMatch(/PreparedNode|::cluster-[a-z0-9-]+-install-k3s|::storage-l/);
    const { changeSummary } = await stack.preview();
    expect(Object.keys(changeSummary)).toEqual(["same"]);
  } finally {
    await close();
  }
});
