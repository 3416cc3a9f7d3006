import { stackExemptions } from "./exemptions.ts";
import { labGuard } from "./guardOptions.ts";
import { HomelabGuard } from "./homelabGuard.ts";

new HomelabGuard(labGuard(stackExemptions(process.env.PULUMI_CONFIG)));
