import { passwordType } from "../../catalog/resourceTypes.ts";
import type { Breach, LessonPolicy } from "../lessonPolicy.ts";
import { isVirtualMachine, listOf } from "../machines/virtualMachines.ts";
import { given, unknownValue } from "../queries/known.ts";
import { releaseValue } from "../queries/releases.ts";
import { kindOf } from "../queries/workloads.ts";
import { makesClass } from "./storageClasses.ts";

/** What cannot be made again when it is gone, by type. */
const irreplaceable = new Set([
  passwordType,
  "tls:index/privateKey:PrivateKey",
  "kubernetes:core/v1:PersistentVolumeClaim",
  "kubernetes:core/v1:PersistentVolume",
  "kubernetes:postgresql.cnpg.io/v1:Cluster",
]);

export const protection: LessonPolicy = {
  key: "protection",
  lesson: "S12",
  description: "what holds data is protected, and survives the loss of its claim",
  severity: "critical",
  fix: "set protect: true on it (and protection, and a reclaim policy of Retain); what is to go is unprotected first, by name",
  resource: (resource) => {
    const breaches: Breach[] = [];
    const machine = isVirtualMachine(resource);
    const claims =
      kindOf(resource) === "StatefulSet" && listOf(resource.props.spec?.volumeClaimTemplates).length > 0;
    if ((machine || claims || irreplaceable.has(resource.type)) && !resource.protect)
      breaches.push({ resource, field: "protect", value: false, message: "lets Pulumi delete it" });
    if (machine && resource.props.protection !== true)
      breaches.push({
        resource,
        field: "protection",
        value: resource.props.protection,
        message: "lets Proxmox delete it",
      });
    if (machine && resource.props.deleteUnreferencedDisksOnDestroy !== false)
      breaches.push({
        resource,
        field: "deleteUnreferencedDisksOnDestroy",
        value: resource.props.deleteUnreferencedDisksOnDestroy,
        message: "deletes disks that nobody names any more",
      });
    // A patch that names no reclaim policy leaves the one that is there.
    const keeps = resource.type.endsWith(":StorageClassPatch") && !given(resource.props, "reclaimPolicy");
    if (kindOf(resource) === "StorageClass" && !keeps && resource.props.reclaimPolicy !== "Retain")
      breaches.push({
        resource,
        field: "reclaimPolicy",
        value: resource.props.reclaimPolicy,
        message: "deletes a volume together with its claim",
      });
    const reclaim: unknown = releaseValue(resource, "persistence", "reclaimPolicy");
    if (makesClass(resource) && reclaim !== unknownValue && reclaim !== "Retain")
      breaches.push({
        resource,
        field: "values.persistence.reclaimPolicy",
        value: reclaim,
        message: "deletes a volume together with its claim, as the chart does unless it is told not to",
      });
    return breaches;
  },
};
