import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { alertsPage } from "./alertsPage.ts";
import { configurationPage } from "./configurationPage.ts";
import { imagesPage } from "./imagesPage.ts";
import { lessonsPage } from "./lessonsPage.ts";
import { recoveryKitPage } from "./recoveryKitPage.ts";
import { servicesPage } from "./servicesPage.ts";
import { stackPage } from "./stackPage.ts";
import { timingsPage } from "./timingsPage.ts";

/** Every page whose facts come from the program, by its file in docs/. */
export function pages(): Record<string, string> {
  return {
    "alerts.md": alertsPage(),
    "configuration.md": configurationPage(),
    "homelab.md": stackPage(readLab("homelab", readStackFile("Pulumi.homelab.yaml"))),
    "images.md": imagesPage(readLab("homelab", readStackFile("Pulumi.homelab.yaml"))),
    "lessons.md": lessonsPage(),
    "recovery-kit.md": recoveryKitPage(),
    "services.md": servicesPage(),
    "timings.md": timingsPage(),
  };
}
