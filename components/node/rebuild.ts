import type { Diagnostic } from "../../config/diagnostic.ts";

/** S3: an order to make a node anew that was carried out is never taken back, nor turned to an earlier day. */
export function refusedRebuild(node: string, old: string | undefined, now: string | undefined): Diagnostic[] {
  if (old === undefined || (now !== undefined && now >= old)) return [];
  return [
    {
      path: `lab:nodes.${node}.rebuild`,
      lesson: "S3",
      message: `goes from ${old} ${now === undefined ? "to nothing" : `back to ${now}`}, which would make the node anew once more`,
      fix: `write "${old}" again: an order that was carried out stays; a later day is a new one`,
    },
  ];
}
