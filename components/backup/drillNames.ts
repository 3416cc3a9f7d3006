/** Where the drill keeps what it will know again: a claim with random bytes, and their hash beside it (B2). */
export const markerNamespace = "restore-drill";

/** Where it restores to. It is always there, with its guards, and empty between two drills. */
export const scratchNamespace = "restore-drill-scratch";
