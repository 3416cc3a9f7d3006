import type { SimulatedApi, StepModel } from "../simulation.ts";

export const verifyBackupStore: StepModel = ({ api, text, words, refused }) => {
  if (api.release("velero") === undefined) throw refused("B3", "Velero is not installed");
  for (const name of words("LOCATIONS")) {
    const location = api.find(`BackupStorageLocation/velero/${name}`);
    if (location === undefined) throw refused("B3", `the BackupStorageLocation ${name} does not exist`);
    const { name: secret, key } = location.spec.credential;
    if (api.find(`Secret/velero/${secret}`)?.data?.[key] === undefined)
      throw refused("B3", `unable to get credentials: the secret ${secret} has no key ${key}`);
  }
  return `unchanged: ${text("LOCATIONS")}`;
};

/** Restores the claims of a namespace with their content. */
export const restoreClaims: StepModel = ({ api, text, refused }) => {
  const [namespace, location] = [text("NAMESPACE"), text("LOCATION")];
  if (api.find(`BackupStorageLocation/velero/${location}`) === undefined)
    throw refused("B3", `the BackupStorageLocation ${location} does not exist`);
  if (!api.hasNamespace(namespace)) throw refused("B6", `the namespace ${namespace} does not exist`);
  const place = claimsOf(namespace);
  if (api.data.has(place) && text("OVERWRITE") !== "yes")
    throw refused("B6", `${namespace} is live: ${place} exist, and a backup would replace them`);
  const folder = locationFolder(api, location);
  const content = api.offSite.find(folder, place);
  if (content === undefined) {
    if (text("IN_SCOPE") === "yes") throw refused("B6", `no backup in ${location} has ${place}`);
    return `unchanged: ${namespace} starts empty`;
  }
  api.data.set(place, content);
  // As in a real cluster, later creations find the claims in place.
  for (const claim of api.offSite.claims(folder, place))
    api.put(`PersistentVolumeClaim/${namespace}/${claim.metadata.name}`, claim);
  return `changed: ${place} restored`;
};

/** The place of a namespace's claims in the data of the simulated lab. */
export const claimsOf = (namespace: string) => `the claims of ${namespace}`;

/** The folder of a BackupStorageLocation; of the default location where no name is given. */
export function locationFolder(api: Pick<SimulatedApi, "list">, name?: string): string | undefined {
  const found = api
    .list("BackupStorageLocation")
    .find(({ metadata, spec }) => (name === undefined ? spec.default === true : metadata.name === name));
  return found?.spec.objectStorage.prefix;
}
