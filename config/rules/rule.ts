import type { Diagnostic } from "../diagnostic.ts";
import type { LabConfig } from "../schema.ts";

/**
 * A rule over a whole lab whose fields have the right form. It reports every breach it finds, and passes over
 * what another rule has to report (a network that does not exist, say), so that one mistake is told once.
 */
export type Rule = (config: LabConfig) => Diagnostic[];
