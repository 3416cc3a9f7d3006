/** A released chart. */
export interface ChartSource {
  readonly chart: string;
  readonly version: string;
  /** The archive that the chart's repository names in its index. */
  readonly url: string;
  /** See `chartChecksum`. */
  readonly checksum: string;
}

/** Released CustomResourceDefinitions of one project. */
export interface DefinitionSource {
  /** Folder of the files at the release's tag. */
  readonly url: string;
  readonly files: readonly string[];
  readonly groups: readonly string[];
  /** See `definitionsChecksum`. */
  readonly checksum: string;
}

const releases = (repository: string) => `https://github.com/${repository}/releases/download`;

/** Every chart that the program installs, with the Longhorn versions that an upgrade goes through. */
export const chartSources: readonly ChartSource[] = [
  {
    chart: "cilium",
    version: "1.20.0",
    url: "https://helm.cilium.io/cilium-1.20.0.tgz",
    checksum: "6012df0ec8ec2729eb2916d45df5b394cbdeab4fc3fd1f94bd8a26f1980ce487",
  },
  {
    chart: "cert-manager",
    version: "v1.21.1",
    url: "https://charts.jetstack.io/charts/cert-manager-v1.21.1.tgz",
    checksum: "bce9a93b2eedaa15e8e5202ecb55b1aa67f2e8147f48f3883bd8c2756d43555a",
  },
  {
    chart: "traefik",
    version: "41.3.0",
    url: "https://traefik.github.io/charts/traefik/traefik-41.3.0.tgz",
    checksum: "2db5201914a4ebb42a5f095cdbe1879b61076d45011cab0fb9c05d7d27ff7b30",
  },
  {
    chart: "authentik",
    version: "2026.8.0",
    url: `${releases("goauthentik/helm")}/authentik-2026.8.0/authentik-2026.8.0.tgz`,
    checksum: "fcffcc00a03ca91aac07a0a5ec4e856c4e43a38c17a9abab875d5851f295074c",
  },
  {
    chart: "oauth2-proxy",
    version: "10.7.0",
    url: `${releases("oauth2-proxy/manifests")}/oauth2-proxy-10.7.0/oauth2-proxy-10.7.0.tgz`,
    checksum: "4941530c1a0b09477cdcc6521262abba638fdc3fe31dcc074d8d24f2cbd3b53c",
  },
  {
    chart: "cloudnative-pg",
    version: "0.29.0",
    url: `${releases("cloudnative-pg/charts")}/cloudnative-pg-v0.29.0/cloudnative-pg-0.29.0.tgz`,
    checksum: "ba5159f47cde41d8024f5c4b6b80e00225fbf32ca9cb0d9709644ec294cc4741",
  },
  {
    chart: "plugin-barman-cloud",
    version: "0.7.0",
    url: `${releases("cloudnative-pg/charts")}/plugin-barman-cloud-v0.7.0/plugin-barman-cloud-0.7.0.tgz`,
    checksum: "4961bd355909cea7ffa53db29dcfa68c7ff0006df12e34d3bb847e1aaf681f34",
  },
  {
    chart: "longhorn",
    version: "1.10.2",
    url: `${releases("longhorn/charts")}/longhorn-1.10.2/longhorn-1.10.2.tgz`,
    checksum: "cf3b46cf60a41f8f5d85e01a6fa2d8022cff971479ea0839dda83456105e218b",
  },
  {
    chart: "longhorn",
    version: "1.11.3",
    url: `${releases("longhorn/charts")}/longhorn-1.11.3/longhorn-1.11.3.tgz`,
    checksum: "19be23b6d75e34bcecfae923f5b403447b9c89f6404d8401ae1aa2c2ac96ec80",
  },
  {
    chart: "longhorn",
    version: "1.12.1",
    url: `${releases("longhorn/charts")}/longhorn-1.12.1/longhorn-1.12.1.tgz`,
    checksum: "93ae8c635332812dec65001fb46d9eb63b6279fe0c0e74e0442ba64e89600c11",
  },
  {
    chart: "velero",
    version: "12.1.0",
    url: `${releases("vmware-tanzu/helm-charts")}/velero-12.1.0/velero-12.1.0.tgz`,
    checksum: "cb48d617bbec32a99e005fb31a81466d8b93ddfac59e8ad97f4009b3a39264bf",
  },
  {
    chart: "prometheus-operator-crds",
    version: "31.0.1",
    url: `${releases("prometheus-community/helm-charts")}/prometheus-operator-crds-31.0.1/prometheus-operator-crds-31.0.1.tgz`,
    checksum: "0f8cb48acdaf6403843c4dcf8d21b546f5a1593b2d34366707eca8175175d728",
  },
  {
    chart: "kube-prometheus-stack",
    version: "88.5.3",
    url: `${releases("prometheus-community/helm-charts")}/kube-prometheus-stack-88.5.3/kube-prometheus-stack-88.5.3.tgz`,
    checksum: "5fca4532dbf745f7862d8583d369d657d1a9e6135155dbce843ef4052d8c503a",
  },
];

const atTag = (repository: string, path: string) => `https://raw.githubusercontent.com/${repository}/${path}`;

/** The definitions of every custom resource that the program creates or that its charts create. */
export const definitionSources: readonly DefinitionSource[] = [
  {
    url: atTag("cert-manager/cert-manager", "v1.21.1/deploy/crds"),
    groups: ["acme.cert-manager.io", "cert-manager.io"],
    files: [
      "acme.cert-manager.io_challenges.yaml",
      "acme.cert-manager.io_orders.yaml",
      "cert-manager.io_certificaterequests.yaml",
      "cert-manager.io_certificates.yaml",
      "cert-manager.io_clusterissuers.yaml",
      "cert-manager.io_issuers.yaml",
    ],
    checksum: "fb57aece126ddb5f5db9607175e1402d70b425844fa93aaa7356497029fd2e28",
  },
  {
    url: atTag("cilium/cilium", "v1.20.0/pkg/k8s/apis/cilium.io/client/crds"),
    groups: ["cilium.io"],
    files: [
      "v2/ciliumbgpadvertisements.yaml",
      "v2/ciliumbgpclusterconfigs.yaml",
      "v2/ciliumbgpnodeconfigoverrides.yaml",
      "v2/ciliumbgpnodeconfigs.yaml",
      "v2/ciliumbgppeerconfigs.yaml",
      "v2/ciliumcidrgroups.yaml",
      "v2/ciliumclusterwideenvoyconfigs.yaml",
      "v2/ciliumclusterwidenetworkpolicies.yaml",
      "v2/ciliumegressgatewaypolicies.yaml",
      "v2/ciliumendpoints.yaml",
      "v2/ciliumenvoyconfigs.yaml",
      "v2/ciliumidentities.yaml",
      "v2/ciliumloadbalancerippools.yaml",
      "v2/ciliumlocalredirectpolicies.yaml",
      "v2/ciliumnetworkpolicies.yaml",
      "v2/ciliumnodes.yaml",
      "v2alpha1/ciliumdatapathplugins.yaml",
      "v2alpha1/ciliumendpointslices.yaml",
      "v2alpha1/ciliumgatewayclassconfigs.yaml",
      "v2alpha1/ciliuml2announcementpolicies.yaml",
      "v2alpha1/ciliumpodippools.yaml",
    ],
    checksum: "48822a3db057f7230a98175290180388a2668a5fa5b42f15a7ee9cd7ce520fdd",
  },
  {
    url: atTag("kubernetes-sigs/gateway-api", "v1.4.0/config/crd/standard"),
    groups: ["gateway.networking.k8s.io"],
    files: [
      "gateway.networking.k8s.io_backendtlspolicies.yaml",
      "gateway.networking.k8s.io_gatewayclasses.yaml",
      "gateway.networking.k8s.io_gateways.yaml",
      "gateway.networking.k8s.io_grpcroutes.yaml",
      "gateway.networking.k8s.io_httproutes.yaml",
      "gateway.networking.k8s.io_referencegrants.yaml",
    ],
    checksum: "56a9101b435164a32720eb8260b904e62f2eecf362076fc32e9978605df13231",
  },
  {
    url: atTag("longhorn/longhorn", "v1.12.1/deploy"),
    groups: ["longhorn.io"],
    files: ["longhorn.yaml"],
    checksum: "4f1c0e35dafd74105f25ebd4614f414149debf7af0cb8d41437da53702b0d6ab",
  },
  {
    url: atTag("prometheus-operator/prometheus-operator", "v0.93.0/example/prometheus-operator-crd"),
    groups: ["monitoring.coreos.com"],
    files: [
      "monitoring.coreos.com_alertmanagerconfigs.yaml",
      "monitoring.coreos.com_alertmanagers.yaml",
      "monitoring.coreos.com_podmonitors.yaml",
      "monitoring.coreos.com_probes.yaml",
      "monitoring.coreos.com_prometheusagents.yaml",
      "monitoring.coreos.com_prometheuses.yaml",
      "monitoring.coreos.com_prometheusrules.yaml",
      "monitoring.coreos.com_scrapeconfigs.yaml",
      "monitoring.coreos.com_servicemonitors.yaml",
      "monitoring.coreos.com_thanosrulers.yaml",
    ],
    checksum: "8c16ce6574f6b854781889e19b8823957d89133c1f0c5f7a99d3aab9dff7eed3",
  },
  {
    url: atTag("cloudnative-pg/cloudnative-pg", "v1.30.0/config/crd/bases"),
    groups: ["postgresql.cnpg.io"],
    files: [
      "postgresql.cnpg.io_backups.yaml",
      "postgresql.cnpg.io_clusterimagecatalogs.yaml",
      "postgresql.cnpg.io_clusters.yaml",
      "postgresql.cnpg.io_databaseroles.yaml",
      "postgresql.cnpg.io_databases.yaml",
      "postgresql.cnpg.io_failoverquorums.yaml",
      "postgresql.cnpg.io_imagecatalogs.yaml",
      "postgresql.cnpg.io_poolers.yaml",
      "postgresql.cnpg.io_publications.yaml",
      "postgresql.cnpg.io_scheduledbackups.yaml",
      "postgresql.cnpg.io_subscriptions.yaml",
    ],
    checksum: "867ace7a56276baa9db83cd42e42c8af5a250101c23cc1ac0de8e6656b610dff",
  },
  {
    url: atTag("cloudnative-pg/plugin-barman-cloud", "v0.13.0/config/crd/bases"),
    groups: ["barmancloud.cnpg.io"],
    files: ["barmancloud.cnpg.io_objectstores.yaml"],
    checksum: "d6d9fcc1c69ab39093b35c316f61d16706e8d6b5295405d4ff12ff80a3cde5d7",
  },
  {
    url: atTag("kubernetes-csi/external-snapshotter", "v8.6.0/client/config/crd"),
    groups: ["snapshot.storage.k8s.io"],
    files: [
      "snapshot.storage.k8s.io_volumesnapshotclasses.yaml",
      "snapshot.storage.k8s.io_volumesnapshotcontents.yaml",
      "snapshot.storage.k8s.io_volumesnapshots.yaml",
    ],
    checksum: "ee1412dfa61fa8b469a101bff5c45d24393c2662b4852be074bd873a47ec3997",
  },
  {
    url: atTag("traefik/traefik-helm-chart", "v39.0.7/traefik/crds"),
    groups: ["traefik.io"],
    files: [
      "traefik.io_ingressroutes.yaml",
      "traefik.io_ingressroutetcps.yaml",
      "traefik.io_ingressrouteudps.yaml",
      "traefik.io_middlewares.yaml",
      "traefik.io_middlewaretcps.yaml",
      "traefik.io_serverstransports.yaml",
      "traefik.io_serverstransporttcps.yaml",
      "traefik.io_tlsoptions.yaml",
      "traefik.io_tlsstores.yaml",
      "traefik.io_traefikservices.yaml",
    ],
    checksum: "679ee809e91f648cfa884a2c92dff2a6f3c04f2c90ecdf57d824e736449f124b",
  },
  {
    url: atTag("vmware-tanzu/velero", "v1.18.1/config/crd"),
    groups: ["velero.io"],
    files: [
      "v1/bases/velero.io_backuprepositories.yaml",
      "v1/bases/velero.io_backups.yaml",
      "v1/bases/velero.io_backupstoragelocations.yaml",
      "v1/bases/velero.io_deletebackuprequests.yaml",
      "v1/bases/velero.io_downloadrequests.yaml",
      "v1/bases/velero.io_podvolumebackups.yaml",
      "v1/bases/velero.io_podvolumerestores.yaml",
      "v1/bases/velero.io_restores.yaml",
      "v1/bases/velero.io_schedules.yaml",
      "v1/bases/velero.io_serverstatusrequests.yaml",
      "v1/bases/velero.io_volumesnapshotlocations.yaml",
      "v2alpha1/bases/velero.io_datadownloads.yaml",
      "v2alpha1/bases/velero.io_datauploads.yaml",
    ],
    checksum: "045ae320551fcabe0f7271d1f4c97fef8b1f2175b3365829f5007cad974d29f6",
  },
];
