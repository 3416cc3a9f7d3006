import type { StepModel } from "../simulation.ts";

export const declareDisks: StepModel = ({ api, text, decoded }) => {
  const disks = JSON.parse(decoded("DISKS_B64")) as readonly { readonly tags: readonly string[] }[];
  api.disks.set(
    text("NODE_NAME"),
    disks.map(({ tags }) => tags),
  );
  return `changed: the disks of ${text("NODE_NAME")}`;
};

/** Rejects an upgrade of Longhorn without recent backups. */
export const verifyBackup: StepModel = ({ api, text, refused }) => {
  const installed = api.release("longhorn")?.version;
  const limit = Number(text("LIMIT_HOURS"));
  if (installed !== undefined && `v${installed}` !== text("NEW_VERSION") && api.backupAgeHours > limit)
    throw refused("K4", `the newest backup is ${api.backupAgeHours} h old, and the limit is ${limit} h`);
  return "unchanged: every volume has a backup";
};

export const verifyLonghorn: StepModel = ({ api, text, words, refused }) => {
  const [version, installed] = [text("VERSION"), api.release("longhorn")?.version];
  if (`v${installed}` !== version) throw refused("S8", `v${installed} runs instead of ${version}`);
  const missing = words("EXPECTED_DISKS").filter((disk) => !api.disks.has(disk.split(":")[0] ?? ""));
  if (missing.length > 0) throw refused("S5", `missing disks: ${missing.join(", ")}`);
  return `unchanged: ${version} runs`;
};

/** A volume of each class needs as many nodes with matching disks as it has replicas. */
export const verifyStorage: StepModel = ({ api, images, text, words, refused }) => {
  images.run(words("IMAGE"));
  if (api.find("Deployment/kube-system/snapshot-controller") === undefined)
    throw refused("S11", "no snapshot becomes ready");
  for (const name of words("CLASSES")) {
    const longhorn = api.release("longhorn");
    const parameters =
      name === "longhorn"
        ? { numberOfReplicas: longhorn?.values?.persistence?.defaultClassReplicaCount }
        : api.find(`StorageClass/${name}`)?.parameters;
    if (parameters === undefined || longhorn === undefined)
      throw refused("S11", `no provisioner for the StorageClass ${name}`);
    const tag: string | undefined = parameters.diskSelector;
    const nodes = [...api.disks.values()].filter((node) =>
      node.some((tags) => tag === undefined || tags.includes(tag)),
    );
    if (nodes.length < Number(parameters.numberOfReplicas))
      throw refused(
        "S11",
        `${name} wants ${parameters.numberOfReplicas} replicas, and ${nodes.length} nodes have disks for it`,
      );
  }
  return `unchanged: ${text("CLASSES")}`;
};
