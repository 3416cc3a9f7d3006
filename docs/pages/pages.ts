import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { alertsPage } from "./alertsPage.ts";
import { backupTablePage } from "./backupTablePage.ts";
import { configurationPage } from "./configurationPage.ts";
import { imagesPage } from "./imagesPage.ts";
import { itilPage } from "./itilPage.ts";
import { lessonsPages } from "./lessonsPage.ts";
import { mutationPage } from "./mutationPage.ts";
import { proxmoxPage } from "./proxmoxPage.ts";
import { recoveryKitPage } from "./recoveryKitPage.ts";
import { samplePage } from "./samplePage.ts";
import { servicesPage } from "./servicesPage.ts";
import { stackFileSchema } from "./stackFileSchema.ts";
import { stackPage } from "./stackPage.ts";
import { timingsPage } from "./timingsPage.ts";

/** The files that are generated from the program, by their path from docs/. */
export function pages(): Record<string, string> {
  const homelab = readLab("homelab", readStackFile("Pulumi.homelab.yaml"));
  return {
    "reference/alerts.md": alertsPage(homelab),
    "reference/backup-table.md": backupTablePage(homelab),
    "reference/configuration.md": configurationPage(),
    "reference/homelab.md": stackPage(homelab),
    "reference/images.md": imagesPage(homelab),
    "reference/itil-services.md": itilPage(homelab),
    "how-to/proxmox.md": proxmoxPage(),
    "reference/mutation.md": mutationPage(),
    "reference/recovery-kit.md": recoveryKitPage(),
    "reference/sample.yaml": samplePage(),
    "reference/services.md": servicesPage(),
    "reference/timings.md": timingsPage(),
    "../schema/pulumi-stack.schema.json": stackFileSchema(),
    ...lessonsPages(),
  };
}
