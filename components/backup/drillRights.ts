import { markerNamespace, scratchNamespace } from "./drillNames.ts";
import { veleroNamespace } from "./locations.ts";

/** The ConfigMap in which the drill writes its result. */
export const drillResult = "result";

interface Rule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
  readonly resourceNames?: string[];
}

const rule = (group: string, resources: string[], verbs: string[], resourceNames?: string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
  ...(resourceNames === undefined ? {} : { resourceNames }),
});

const roleRef = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
const subjects = (name: string) => [{ kind: "ServiceAccount", name, namespace: markerNamespace }];

/** Two service accounts and their permissions: the job that writes the marker, and the drill. */
export function drillRights() {
  const account = (name: string) => ({
    kind: "ServiceAccount" as const,
    metadata: { namespace: markerNamespace, name },
  });
  const grant = (who: string, namespace: string, rules: Rule[]) => {
    const metadata = { namespace, name: `restore-drill-${who}` };
    return [
      { kind: "Role" as const, metadata, rules },
      {
        kind: "RoleBinding" as const,
        metadata,
        roleRef: roleRef("Role", metadata.name),
        subjects: subjects(who),
      },
    ];
  };
  const volumes: { readonly namespace?: string; readonly name: string } = { name: "restore-drill-volumes" };
  return [
    account("marker"),
    account("drill"),
    ...grant("marker", markerNamespace, [rule("", ["configmaps"], ["get", "patch"], ["marker"])]),
    ...grant("drill", markerNamespace, [rule("", ["configmaps"], ["get", "patch"], [drillResult])]),
    ...grant("drill", veleroNamespace, [
      rule("velero.io", ["backups"], ["get", "list"]),
      rule("velero.io", ["restores"], ["get", "list", "watch", "create", "delete"]),
    ]),
    ...grant("drill", scratchNamespace, [
      rule("", ["pods"], ["get", "list", "create", "delete"]),
      rule("", ["configmaps", "persistentvolumeclaims"], ["get", "list", "delete", "deletecollection"]),
    ]),
    // Volumes are cluster-scoped. The drill deletes those whose claim is in the scratch namespace.
    {
      kind: "ClusterRole" as const,
      metadata: volumes,
      rules: [rule("", ["persistentvolumes"], ["get", "patch"])],
    },
    {
      kind: "ClusterRoleBinding" as const,
      metadata: volumes,
      roleRef: roleRef("ClusterRole", volumes.name),
      subjects: subjects("drill"),
    },
  ];
}
