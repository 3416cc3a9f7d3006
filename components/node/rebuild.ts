import type { Diagnostic } from "../../config/diagnostic.ts";

/** S3: a rebuild token can be replaced, which rebuilds the node, but not removed: that would rebuild the node too. */
export function refusedRebuild(node: string, old: string | undefined, now: string | undefined): Diagnostic[] {
  if (old === undefined || now !== undefined) return [];
  return [
    {
      path: `lab:nodes.${node}.rebuild`,
      lesson: "S3",
      message: `is removed, which would rebuild the node once more; it was ${JSON.stringify(old)}`,
      fix: `write rebuild: ${JSON.stringify(old)} again, and keep the line; another text rebuilds the node`,
    },
  ];
}
