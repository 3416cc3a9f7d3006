import type { Diagnostic } from "../diagnostic.ts";
import type { LabConfig } from "../schema.ts";

/**
 * A check of a whole lab whose fields have valid types. It reports every violation, and skips what another rule reports,
 * such as a network that does not exist, so that a mistake is reported once.
 */
export type Rule = (config: LabConfig) => Diagnostic[];
