import { chartImages } from "../../catalog/chartImages.ts";
import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import { registryParts, registryUser } from "../../config/registry.ts";
import { registryCertificatePath } from "../k3s/config.ts";
import type { Settings } from "../node/guestSettings.ts";

/** Settings of verify-registry.sh, which visits every part as a node does. They hold the password, and so are secret. */
export function verifyRegistrySettings(lab: Lab, password: string): Settings {
  const parts = registryParts(lab);
  return {
    USER_NAME: registryUser,
    PASSWORD: password,
    CERTIFICATE: registryCertificatePath,
    REGISTRIES: parts.map(({ name, nodePort }) => `${name}:${nodePort}`),
    PULLS: parts.flatMap(({ host, nodePort }) => {
      const path = trialOf(host);
      return path === undefined ? [] : [`${nodePort}/${path}`];
    }),
    WAIT_SECONDS: 180,
  };
}

/** An image that the lab runs anyway, by which a cache shows that it can fetch; undefined where it runs none of there. */
function trialOf(host: string): string | undefined {
  const all = [images, ...Object.values(chartImages)].flatMap((one) => Object.values(one));
  const there = all.filter((image) => image.startsWith(`${host}/`));
  // A public mirror of Docker Hub has its official images before all others.
  const found = there.find((image) => image.includes("/library/")) ?? there[0];
  return found?.slice(host.length + 1).replace(/@.*$/, "");
}
