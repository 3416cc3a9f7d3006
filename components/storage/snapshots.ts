import { snapshotterVersion as version } from "../../catalog/images.ts";
import type { DefinitionSet } from "../kubernetes/customResourceDefinitions.ts";

/** CustomResourceDefinitions of volume snapshots. The controller requires only these three while group snapshots are disabled, as here. */
export const snapshotDefinitions: DefinitionSet = {
  name: "volume-snapshots",
  version,
  source: `https://raw.githubusercontent.com/kubernetes-csi/external-snapshotter/${version}/client/config/crd`,
  files: {
    "snapshot.storage.k8s.io_volumesnapshotclasses.yaml":
      "75e6565aac2c0f2949ed13ea884bbaa388cb7be576b558b709cf1168e011828d",
    "snapshot.storage.k8s.io_volumesnapshotcontents.yaml":
      "895a3c1e73b60f06a0deb566dd123d01bdf1b2efc5d5ff5231ff8bbcf42dafc7",
    "snapshot.storage.k8s.io_volumesnapshots.yaml":
      "b032116e987fb1d7d93cec7d942833adeb9d95c9bdc7e00c10b280c2fe4a6c33",
  },
};

/** Name of Longhorn's VolumeSnapshotClass. */
export const snapshotClass = "longhorn-snapshot";
