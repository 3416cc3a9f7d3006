import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { alertsPage } from "./alertsPage.ts";
import { backupTablePage } from "./backupTablePage.ts";
import { configurationPage } from "./configurationPage.ts";
import { imagesPage } from "./imagesPage.ts";
import { itilPage } from "./itilPage.ts";
import { lessonsPages } from "./lessonsPage.ts";
import { proxmoxPage } from "./proxmoxPage.ts";
import { recoveryKitPage } from "./recoveryKitPage.ts";
import { servicesPage } from "./servicesPage.ts";
import { stackPage } from "./stackPage.ts";
import { timingsPage } from "./timingsPage.ts";

/** Every page whose facts come from the program, by its file in docs/. */
export function pages(): Record<string, string> {
  const homelab = readLab("homelab", readStackFile("Pulumi.homelab.yaml"));
  return {
    "alerts.md": alertsPage(homelab),
    "backup-table.md": backupTablePage(homelab),
    "configuration.md": configurationPage(),
    "homelab.md": stackPage(homelab),
    "images.md": imagesPage(homelab),
    "itil-services.md": itilPage(homelab),
    "proxmox.md": proxmoxPage(),
    "recovery-kit.md": recoveryKitPage(),
    "services.md": servicesPage(),
    "timings.md": timingsPage(),
    ...lessonsPages(),
  };
}
