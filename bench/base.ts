import { fileURLToPath } from "node:url";

/** The measured lab: every service of the ITIL platform, so it has more resources than the base of a lab. */
export const baseFile = fileURLToPath(new URL("../test/fixtures/valid/itil.yaml", import.meta.url));
