/** Namespace of the drill's marker: a claim with random bytes and their hash (B2). */
export const markerNamespace = "restore-drill";

/**
 * Namespace into which the drill restores. It exists permanently, with its quota and policies, and is empty
 * between drills.
 */
export const scratchNamespace = "restore-drill-scratch";
