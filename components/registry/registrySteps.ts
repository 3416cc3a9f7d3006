import { chartImages } from "../../catalog/chartImages.ts";
import { images } from "../../catalog/images.ts";
import type { Lab } from "../../config/lab.ts";
import { type RegistryPart, registryParts, registryUser } from "../../config/registry.ts";
import type { LabConfig } from "../../config/schema.ts";
import { registryCertificatePath } from "../k3s/config.ts";
import type { Settings } from "../node/guestSettings.ts";

/** The registry as it follows from the configuration. */
export interface RegistryPlan {
  /** LoadBalancer address of the Service. */
  readonly address: string;
  /** The own registry and the caches. */
  readonly parts: readonly RegistryPart[];
  /** Size of the volume of own images, in GiB. It is backed up. */
  readonly imagesGiB: number;
  /** Size of the volume of cached images, in GiB. It is not backed up. */
  readonly cacheGiB: number;
  /** Settings of verify-registry.sh; secret, because they contain the password. */
  readonly verify: (password: string) => Settings;
  /** Whether Pulumi protects the volumes from deletion. */
  readonly protect: boolean;
}

export function registryPlan(lab: Lab, registry: NonNullable<LabConfig["registry"]>): RegistryPlan {
  return {
    address: registry.address,
    parts: registryParts(lab),
    imagesGiB: registry.imagesGiB,
    cacheGiB: registry.cacheGiB,
    verify: (password) => verifyRegistrySettings(lab, password),
    protect: lab.isProtected,
  };
}

/** Settings of verify-registry.sh, which pulls from every part as a node does. They are secret, because they contain the password. */
export function verifyRegistrySettings(lab: Lab, password: string): Settings {
  const parts = registryParts(lab);
  return {
    USER_NAME: registryUser,
    PASSWORD: password,
    CERTIFICATE: registryCertificatePath,
    REGISTRIES: parts.map(({ name, nodePort }) => `${name}:${nodePort}`),
    PULLS: parts.flatMap(({ host, nodePort }) => {
      const path = testImage(host);
      return path === undefined ? [] : [`${nodePort}/${path}`];
    }),
    WAIT_SECONDS: 180,
  };
}

/** An image of the lab to pull through a cache as a test; undefined when the lab uses no image of the registry. */
function testImage(host: string): string | undefined {
  const allImages = [images, ...Object.values(chartImages)].flatMap((one) => Object.values(one));
  const ofHost = allImages.filter((image) => image.startsWith(`${host}/`));
  // Prefers an official image: a public mirror of Docker Hub has those first.
  const found = ofHost.find((image) => image.includes("/library/")) ?? ofHost[0];
  return found?.slice(host.length + 1).replace(/@.*$/, "");
}
