import { z } from "zod";
import {
  absolutePath,
  address,
  certificates,
  cidr,
  imageReference,
  integer,
  oneOf,
  pattern,
  range,
} from "../fields.ts";

export const cluster = z.strictObject({
  version: pattern(
    "an exact K3s version",
    /^v1\.\d{1,2}\.\d{1,2}\+k3s\d{1,2}$/,
    "write a released version in full, such as v1.36.2+k3s1; channels and ranges are no versions",
    "P3",
  ),
  /** SHA-256 of that release's amd64 binary, checked before it is installed. */
  checksum: pattern(
    "a SHA-256 checksum",
    /^(sha256[:=])?[0-9a-f]{64}$/i,
    "copy the 64 hexadecimal digits of the line `k3s` in the release's sha256sum-amd64.txt",
    "P3",
  ),
  /** Where nodes find that binary instead of the release's own place: a mirror of the lab, or a file on each node. */
  binary: pattern(
    "an https or file URL",
    /^(https:\/\/[a-z0-9.-]+(:\d+)?|file:\/\/)(\/[A-Za-z0-9._+%-]+)+$/,
    "write https://HOST/PATH of the k3s binary, or file:///PATH on every node",
    "I3",
  ).optional(),
  /**
   * SHA-256 of that release's archive of its own images (pause, CoreDNS, metrics-server …). With it every node takes
   * them from the archive; without it they come from mirrors of docker.io.
   */
  archiveChecksum: pattern(
    "a SHA-256 checksum",
    /^[0-9a-f]{64}$/,
    "copy the 64 hexadecimal digits of the line `k3s-airgap-images-amd64.tar.zst` in the release's sha256sum-amd64.txt",
    "I3",
  ).optional(),
  /** Where nodes find that archive instead of the release's own place. */
  archive: pattern(
    "an https or file URL",
    /^(https:\/\/[a-z0-9.-]+(:\d+)?|file:\/\/)(\/[A-Za-z0-9._+%-]+)+$/,
    "write https://HOST/PATH of k3s-airgap-images-amd64.tar.zst, or file:///PATH on every node",
    "I3",
  ).optional(),
  apiAddress: address("K5"),
  ingressAddress: address(),
  loadBalancerPool: range(),
  podCidr: cidr("N2"),
  serviceCidr: cidr("N2"),
  kubeletDirectory: absolutePath("K3"),
  /**
   * How pods of different nodes reach each other: in VXLAN tunnels, which any network carries, or `native` by routes
   * on the nodes themselves, which is faster and needs all of them on one network.
   */
  podRouting: oneOf(
    ["vxlan", "native"],
    "write vxlan, or native where all nodes share one network",
    "N1",
  ).default("vxlan"),
  /** Counts true rebuilds: part of the Kubernetes provider's identity, so that nothing else ever replaces it. */
  revision: integer("the revision", 1, 9999),
  /** A new value fetches the kubeconfig anew; its certificates live one year. */
  kubeconfigRotation: pattern("a quarter", /^20\d\d-Q[1-4]$/, "write the current quarter, such as 2026-Q4"),
  /**
   * Mirrors by registry, tried in order before the registry itself. A registry that is not named here has the public
   * ones of docs/how-to/registries.md.
   */
  mirrors: z
    .record(
      pattern(
        "a registry host",
        /^([a-z0-9-]+\.)+[a-z]+(:\d+)?$/,
        "write the registry's host, such as docker.io",
        "I3",
      ),
      z.array(
        pattern(
          "an https URL of a registry",
          /^https:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/v2(\/[a-z0-9._-]+)*)?$/,
          "write https://HOST or https://HOST:PORT, HOST a name or an IPv4 address; a mirror below the root is https://HOST/v2/PATH, since K3s asks for the path as it is; credentials are secrets of their own",
          "I3",
        ),
      ),
    )
    .default({}),
  /** The CA and the login of mirrors, by their HOST[:PORT]; the password is the secret lab:mirrorPasswords. */
  registryConfigs: z
    .record(
      pattern(
        "a mirror's host",
        /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
        "write HOST or HOST:PORT as the mirror's URL has it, such as mirror.lab.home.arpa:5000",
        "I3",
      ),
      z.strictObject({
        /** What signed the mirror's certificate, beside the authorities that the node trusts anyway. */
        ca: certificates("I3").optional(),
        username: pattern(
          "a user name",
          /^[^\s:]+$/,
          "write the user name of the mirror's login, without colons and spaces",
          "C5",
        ).optional(),
      }),
    )
    .default({}),
  /** Images pulled onto every node ahead, beside those that the program sees itself: docs/how-to/registries.md. */
  prePull: z.array(imageReference()).default([]),
});
