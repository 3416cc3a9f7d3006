import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Stryker works, outside of the checkout: no test of the checkout finds its copy. */
export const workFolder = join(tmpdir(), "homelab-mutation");

/** The JSON report of its last run. */
export const reportFile = join(workFolder, "report.json");
