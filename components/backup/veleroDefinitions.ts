import type { DefinitionSet } from "../kubernetes/customResourceDefinitions.ts";

/** Velero's release, to which the chart belongs. */
export const veleroVersion = "v1.18.1";

/**
 * Velero's CRDs. They are separate from the chart, which would install them once and never update them (G3).
 */
export const veleroDefinitions: DefinitionSet = {
  name: "velero",
  version: veleroVersion,
  source: `https://raw.githubusercontent.com/vmware-tanzu/velero/${veleroVersion}/config/crd`,
  files: {
    "v1/bases/velero.io_backuprepositories.yaml":
      "a269b5e2949ba3207dd3323fdd17cd5dfd8dfafac5b9b01f2ad6409da4d56e65",
    "v1/bases/velero.io_backups.yaml": "38107fa5fad6bff25794489d12c8a898eed4d9d89ed49d00ea90369bc4e206b1",
    "v1/bases/velero.io_backupstoragelocations.yaml":
      "bd6e8fb1169d6e9299f49090f86cb9aa263a9e67314013ba231e93ba74485eba",
    "v1/bases/velero.io_deletebackuprequests.yaml":
      "c3e027086585c15a3b05b5596bcf3b6fed2dad9fdc8dea8cbcfb0abd5fc2ab50",
    "v1/bases/velero.io_downloadrequests.yaml":
      "329b4ecc223a478da489bf79e4a8d9710513b1d17527de18aa1275b5c7538119",
    "v1/bases/velero.io_podvolumebackups.yaml":
      "09ce164be8559b6f6f6de314afd796071435daa9e4ce4343879443ea69f4d28d",
    "v1/bases/velero.io_podvolumerestores.yaml":
      "39987e95bb16e5119b67f9a9664ad04d9f5cb1e9cf44bdf22276bd00106f8cdb",
    "v1/bases/velero.io_restores.yaml": "55ef18748fbb16ed5d585ca33a9f35ba43a5b6ebac712522e93d8e0426da3258",
    "v1/bases/velero.io_schedules.yaml": "d2276c19d93b63ed848fb492a0f34a2ac1e162938bed499a824acf356b5860c9",
    "v1/bases/velero.io_serverstatusrequests.yaml":
      "3e1b02454ed384a5fc72dccf6273328ba10a74c05bbff05cb92e6da0e747b22d",
    "v1/bases/velero.io_volumesnapshotlocations.yaml":
      "ec1b87c3f1b83053e97e01edf3aa059dff2bcb73c9d8a89bc08a5e8644777849",
    "v2alpha1/bases/velero.io_datadownloads.yaml":
      "2665604bf20360a2216c33057d95d7820c9fdc1c9b7e2ee4b4de8ed7244177e1",
    "v2alpha1/bases/velero.io_datauploads.yaml":
      "64457a986612875e20a9c38da16f7377bd3c08f06a88dff41aaeb94ee20c595b",
  },
};
