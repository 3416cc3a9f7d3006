import { passwordType } from "../../catalog/resourceTypes.ts";
import type { LessonPolicy, Violation } from "../lessonPolicy.ts";
import { isVirtualMachine, listOf } from "../machines/virtualMachines.ts";
import { isSet, unknownValue } from "../queries/known.ts";
import { releaseValue } from "../queries/releases.ts";
import { kindOf } from "../queries/workloads.ts";
import { createsClass } from "./storageClasses.ts";

/** Resource types that cannot be recreated with the same content. */
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
  description: "resources with data are protected, and volumes are retained when their claim is deleted",
  severity: "critical",
  remediationSteps:
    "set protect: true on the resource, protection: true on a VM and reclaimPolicy: Retain on a StorageClass; unprotect a resource by name before you delete it",
  validateResource: (resource) => {
    const violations: Violation[] = [];
    const machine = isVirtualMachine(resource);
    const claims =
      kindOf(resource) === "StatefulSet" && listOf(resource.props.spec?.volumeClaimTemplates).length > 0;
    if ((machine || claims || irreplaceable.has(resource.type)) && !resource.protect)
      violations.push({ resource, field: "protect", value: false, message: "allows Pulumi to delete it" });
    if (machine && resource.props.protection !== true)
      violations.push({
        resource,
        field: "protection",
        value: resource.props.protection,
        message: "allows Proxmox to delete it",
      });
    if (machine && resource.props.deleteUnreferencedDisksOnDestroy !== false)
      violations.push({
        resource,
        field: "deleteUnreferencedDisksOnDestroy",
        value: resource.props.deleteUnreferencedDisksOnDestroy,
        message: "deletes disks that the VM no longer references",
      });
    // A patch without a reclaim policy does not change it.
    const keepsPolicy =
      resource.type.endsWith(":StorageClassPatch") && !isSet(resource.props, "reclaimPolicy");
    if (kindOf(resource) === "StorageClass" && !keepsPolicy && resource.props.reclaimPolicy !== "Retain")
      violations.push({
        resource,
        field: "reclaimPolicy",
        value: resource.props.reclaimPolicy,
        message: "is not Retain, so a volume is deleted together with its claim",
      });
    const reclaim: unknown = releaseValue(resource, "persistence", "reclaimPolicy");
    if (createsClass(resource) && reclaim !== unknownValue && reclaim !== "Retain")
      violations.push({
        resource,
        field: "values.persistence.reclaimPolicy",
        value: reclaim,
        message: "is not Retain; the chart's default deletes a volume together with its claim",
      });
    return violations;
  },
};
