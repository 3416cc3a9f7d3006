import { stackExemptions } from "./exemptions.ts";
import { HomelabGuard } from "./homelabGuard.ts";

new HomelabGuard({ all: "mandatory", exemptions: stackExemptions(process.env.PULUMI_CONFIG) });
