import { z } from "zod";
import { field, fields, section } from "../fieldDocs.ts";
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
  registryHost,
} from "../fields.ts";

const restarts = "K3s restarts on every node, the servers one after another.";

const exampleCertificate = `-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUdfhva4ycPgUmOL3515yN0v2/UngwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZXhhbXBsZTAgFw0yNjExMjgwOTE5MDNaGA8yMTI2MTEwNDA5
MTkwM1owEjEQMA4GA1UEAwwHZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABGfyissuvIp8BF01gay9HnSU8q+acTF8zRX1wunCKPm6Y03xAbmZ3lgPg5jf
kuK5ZTYngkV3hQrBDIdqYn7jkjujUzBRMB0GA1UdDgQWBBTgAZxt9tpTq8Vg2KKB
HcyRg2fNcTAfBgNVHSMEGDAWgBTgAZxt9tpTq8Vg2KKBHcyRg2fNcTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIGshGHzifo/qAPMcSAPKkl3E7LL3
lVn9GZxWRnzJr2U1AiBh/vRyQCP/oauTvpTiDd+NaJ2ivzvshqOrTiF/zrVYUQ==
-----END CERTIFICATE-----
`;

/** URL of a file of the K3s release. */
const fileUrl = (what: string) =>
  pattern(
    "an https or file URL",
    /^(https:\/\/[a-z0-9.-]+(:\d+)?|file:\/\/)(\/[A-Za-z0-9._+%-]+)+$/,
    `write https://HOST/PATH of ${what}, or file:///PATH on every node`,
    "I3",
  );

const registryConfig = fields({
  ca: field(certificates("I3").optional(), {
    meaning:
      "CA certificates in PEM form that signed the mirror's certificate. Nodes trust them in addition to their own.",
    example: exampleCertificate,
    omitted: "The mirror's certificate must be signed by a CA that the nodes trust already.",
    change: restarts,
  }),
  username: field(
    pattern(
      "a user name",
      /^[^\s:]+$/,
      "write the user name of the mirror's login, without colons and spaces",
      "C5",
    ).optional(),
    {
      meaning: "User name of the mirror's login. The password is part of the secret `lab:mirrorPasswords`.",
      example: "puller",
      omitted: "The mirror has no login.",
      change: `${restarts} Set the password first.`,
    },
  ),
});

export const cluster = fields({
  version: field(
    pattern(
      "an exact K3s version",
      /^v1\.\d{1,2}\.\d{1,2}\+k3s\d{1,2}$/,
      "write a released version in full, such as v1.36.2+k3s1; channels and ranges are no versions",
      "P3",
    ),
    {
      meaning:
        "K3s release of every node (K2). The supported minor versions and the releases with known faults: docs/how-to/nodes.md.",
      example: "v1.36.2+k3s1",
      change:
        "Upgrades the servers one after another, then the agents. An older release, a skipped minor version and a step that fails in etcd are refused (K4).",
    },
  ),
  checksum: field(
    pattern(
      "a SHA-256 checksum",
      /^(sha256[:=])?[0-9a-f]{64}$/i,
      "copy the 64 hexadecimal digits of the line `k3s` in the release's sha256sum-amd64.txt",
      "P3",
    ),
    {
      meaning: "SHA-256 checksum of the release's amd64 binary, checked before it is installed.",
      example: "65a55ec56c24eab44383086166ec620a491952b7e23941a49ddca6e8a4c4b4de",
      change: "Change it together with `version`. With another checksum alone the installation fails (P3).",
    },
  ),
  binary: field(fileUrl("the k3s binary").optional(), {
    meaning: "URL of the K3s binary: a mirror in the lab, or a file on every node.",
    example: "https://mirror.example.org/k3s/v1.36.2/k3s",
    omitted: "Nodes download it from the release on GitHub.",
    change: "Nothing restarts. The next installation downloads from there.",
  }),
  archiveChecksum: field(
    pattern(
      "a SHA-256 checksum",
      /^[0-9a-f]{64}$/,
      "copy the 64 hexadecimal digits of the line `k3s-airgap-images-amd64.tar.zst` in the release's sha256sum-amd64.txt",
      "I3",
    ).optional(),
    {
      meaning:
        "SHA-256 checksum of the release's image archive (pause, CoreDNS, metrics-server and others). With it every node imports these images from the archive.",
      example: "da6a3b2dbd55cc368d930078ae8814ed22eb9c92247f7b9b46bf073445ff55b3",
      omitted: "Nodes pull these images from mirrors of docker.io.",
      change: "Change it together with `version`. Nodes download the archive; nothing restarts.",
    },
  ),
  archive: field(fileUrl("k3s-airgap-images-amd64.tar.zst").optional(), {
    meaning: "URL of the image archive: a mirror in the lab, or a file on every node.",
    example: "https://mirror.example.org/k3s/v1.36.2/k3s-airgap-images-amd64.tar.zst",
    omitted: "Nodes download it from the release on GitHub.",
    change: "Nothing restarts. The next download uses it.",
  }),
  apiAddress: field(address("K5"), {
    meaning:
      "Virtual IPv4 address of the Kubernetes API, on the servers' network. kube-vip moves it to a server that runs (K5).",
    example: "10.20.2.5",
    change: `kube-vip serves the new address. ${restarts} The kubeconfig changes.`,
  }),
  ingressAddress: field(address(), {
    meaning: "IPv4 address of the Gateway, from `loadBalancerPool`. The lab's DNS names point to it.",
    example: "10.20.2.200",
    change: "The Gateway moves at once. Change the DNS records of the lab's domain too (N7).",
  }),
  loadBalancerPool: field(range(), {
    meaning: "IPv4 addresses for Services of type LoadBalancer: a CIDR, or two addresses.",
    example: "10.20.2.200-10.20.2.219",
    change: "A Service with an address outside the new range gets another one at once.",
  }),
  podCidr: field(cidr("N2"), {
    meaning: "Network of the pods. It overlaps no other network.",
    example: "10.42.0.0/16",
    change: "Refused after creation (N2). Another value needs a new cluster: docs/runbooks/rebuild.md.",
  }),
  serviceCidr: field(cidr("N2"), {
    meaning: "Network of the Services. It overlaps no other network.",
    example: "10.43.0.0/16",
    change: "Refused after creation (N2). Another value needs a new cluster: docs/runbooks/rebuild.md.",
  }),
  kubeletDirectory: field(absolutePath("K3"), {
    meaning: "Directory of the kubelet, for K3s and every CSI driver (K3).",
    example: "/var/lib/kubelet",
    change: "Refused after creation (K3). Another value needs a new cluster: docs/runbooks/rebuild.md.",
  }),
  routingMode: field(
    oneOf(["tunnel", "native"], "write tunnel, or native where all nodes share one network", "N1").default(
      "tunnel",
    ),
    {
      meaning:
        "Cilium's routing mode between nodes. `tunnel`: VXLAN, on any network. `native`: routes on the nodes, which is faster and requires all nodes on one network.",
      example: "native",
      change:
        "Cilium restarts on one node after another. Until all nodes run the new mode, pods on different nodes lose their connections.",
    },
  ),
  revision: field(integer("the revision", 1, 9999), {
    meaning:
      "Number of this cluster. It is part of the Kubernetes provider's identity, so that nothing else replaces the cluster's objects.",
    unit: "none",
    example: 1,
    change:
      "A higher number is a new cluster: refused unless every node gets another `rebuild` token (S12), docs/runbooks/rebuild.md. A lower number is refused.",
  }),
  kubeconfigRotation: field(
    pattern("a quarter", /^20\d\d-Q[1-4]$/, "write the current quarter, such as 2026-Q4"),
    {
      meaning:
        "Quarter in which the program last read the kubeconfig. Its client certificate is valid for one year.",
      example: "2026-Q4",
      change: "The program reads the kubeconfig again. Nothing in the cluster changes.",
    },
  ),
  mirrors: field(
    z
      .record(
        registryHost(),
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
    {
      meaning:
        "Mirrors by registry, tried in order before the registry itself. A registry without an entry has the public mirrors of docs/how-to/registries.md.",
      example: { "docker.io": ["https://mirror.example.org:5000"] },
      change: restarts,
    },
  ),
  registryConfigs: section(
    z
      .record(
        pattern(
          "a mirror's host",
          /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
          "write HOST or HOST:PORT as the mirror's URL has it, such as mirror.lab.home.arpa:5000",
          "I3",
        ),
        registryConfig,
      )
      .default({}),
    {
      meaning: "CA and login of mirrors, by HOST or HOST:PORT as in the mirror's URL.",
      change: restarts,
    },
  ),
  prePull: field(z.array(imageReference()).default([]), {
    meaning:
      "Images that every node pulls in advance, in addition to those of the program (docs/how-to/registries.md).",
    example: ["registry.example.org/team/assistant:1.4.0"],
    change: "Every node pulls the new images. Nothing restarts, and no image is deleted.",
  }),
});
