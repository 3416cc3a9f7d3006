import { joiningImages, nodeImages } from "../../catalog/nodeImages.ts";
import { type Lab, type Node, systemReservePercent } from "../../config/lab.ts";
import { encodeFile, type Settings } from "../node/guestSettings.ts";
import { auditPolicy } from "./auditPolicy.ts";
import {
  apiUrl,
  archivePath,
  archiveUrl,
  binaryUrl,
  type MemberSecrets,
  memberConfig,
  mirrorCertificateSettings,
  registriesConfig,
  resolvConf,
} from "./config.ts";
import { kubeletConfiguration } from "./kubeletConfiguration.ts";
import { kubeVipManifest } from "./kubeVip.ts";

/** Settings of configure-k3s.sh: the files of one member. They are secret, because they contain the token. */
export function configureSettings(lab: Lab, node: Node, secrets: MemberSecrets): Settings {
  const server = node.role === "server";
  return {
    ROLE: node.role,
    API_URL: apiUrl(lab),
    // Only the first server of the stack file may initialize a cluster, and only when no API server answers.
    BOOTSTRAP_SERVER: node === lab.servers[0] ? "yes" : "no",
    CONFIG_B64: encodeFile(memberConfig(lab, node, secrets)),
    KUBELET_B64: encodeFile(kubeletConfiguration()),
    REGISTRIES_B64: encodeFile(registriesConfig(lab, secrets.registry?.password, secrets.mirrorPasswords)),
    MIRROR_CERTIFICATES: mirrorCertificateSettings(lab),
    ...(secrets.registry === undefined
      ? {}
      : { REGISTRY_CERTIFICATE_B64: encodeFile(secrets.registry.certificate) }),
    RESOLV_CONF_B64: encodeFile(resolvConf(lab)),
    ...(server
      ? { AUDIT_POLICY_B64: encodeFile(auditPolicy()), KUBE_VIP_B64: encodeFile(kubeVipManifest(lab)) }
      : {}),
  };
}

/** Settings of install-k3s.sh. They change only with the version, not with the configuration of a member. */
export function installSettings(lab: Lab, node: Node): Settings {
  const { version, checksum, binary } = lab.config.cluster;
  return {
    ROLE: node.role,
    VERSION: version,
    BINARY_URL: binary ?? binaryUrl(version),
    SHA256: checksum.slice(-64).toLowerCase(),
    RESERVED_PERCENT: systemReservePercent,
    IMAGES: joiningImages(node),
    WAIT_SECONDS: 600,
    ARCHIVE: archivePath(lab) ?? "",
  };
}

/** Settings of place-archive.sh; undefined in a lab that pulls K3s' own images from mirrors. */
export function archiveSettings(lab: Lab): Settings | undefined {
  const { version, archive, archiveChecksum } = lab.config.cluster;
  const path = archivePath(lab);
  if (path === undefined || archiveChecksum === undefined) return undefined;
  return { URL: archive ?? archiveUrl(version), SHA256: archiveChecksum, DESTINATION: path };
}

/** Settings of pull-images.sh: the images that the node pulls before a pod requests them (I3, I4). */
export function imagesSettings(lab: Lab, node: Node): Settings {
  return { IMAGES: [...nodeImages(lab, node).keys()], WAIT_SECONDS: 1200 };
}

/** Settings of forget-node.sh, which runs on another server before a rebuilt machine joins (K6). */
export function forgetSettings(node: Node): Settings {
  return { NODE_NAME: node.name, WAIT_SECONDS: 300 };
}

/** Settings of verify-k3s.sh, which runs on the first server after all members have joined. */
export function verifySettings(lab: Lab): Settings {
  return {
    VERSION: lab.config.cluster.version,
    KUBELET_DIR: lab.config.cluster.kubeletDirectory,
    EXPECTED_SERVERS: lab.servers.map((node) => node.name),
    EXPECTED_NODES: lab.nodes.map((node) => node.name),
    WAIT_SECONDS: 300,
  };
}

/** Settings of verify-ready.sh, which runs on the first server after the pod network is installed. */
export function readySettings(lab: Lab): Settings {
  return { EXPECTED_NODES: lab.nodes.map((node) => node.name), WAIT_SECONDS: 300 };
}
