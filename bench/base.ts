import { fileURLToPath } from "node:url";

/** The lab that is measured: every service of the ITIL platform, and so more resources than a lab's base. */
export const baseFile = fileURLToPath(new URL("../test/fixtures/valid/itil.yaml", import.meta.url));
