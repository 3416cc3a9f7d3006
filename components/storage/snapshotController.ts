import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import { images } from "../../catalog/images.ts";
import { containerSecurityContext, podSecurityContext } from "../kubernetes/hardened.ts";

const name = "snapshot-controller";
const namespace = "kube-system";
const labels = { "app.kubernetes.io/name": name };
const group = "snapshot.storage.k8s.io";

/**
 * The cluster's controller of volume snapshots. CSI drivers do not install it. Its RBAC rules are those of the upstream
 * project.
 */
export class SnapshotController extends pulumi.ComponentResource {
  /** The Deployment, with ready pods. */
  readonly ready: pulumi.Resource;

  constructor(
    resourceName: string,
    args: { readonly provider: kubernetes.Provider },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("lab:storage:SnapshotController", resourceName, { image: images.snapshotController }, opts);
    const own = {
      provider: args.provider,
      parent: this,
      ...(opts.dependsOn && { dependsOn: opts.dependsOn }),
      aliases: [{ name }],
    };
    const account = new kubernetes.core.v1.ServiceAccount(
      `${resourceName}-service-account`,
      { metadata: { name, namespace } },
      own,
    );
    const role = new kubernetes.rbac.v1.ClusterRole(
      `${resourceName}-cluster-role`,
      {
        metadata: { name },
        rules: [
          rule("", ["persistentvolumes"], ["get", "list", "watch"]),
          rule("", ["persistentvolumeclaims"], ["get", "list", "watch", "update"]),
          rule("", ["events"], ["list", "watch", "create", "update", "patch"]),
          rule(group, ["volumesnapshotclasses"], ["get", "list", "watch"]),
          rule(
            group,
            ["volumesnapshots", "volumesnapshotcontents"],
            ["create", "get", "list", "watch", "update", "patch", "delete"],
          ),
          rule(group, ["volumesnapshots/status", "volumesnapshotcontents/status"], ["update", "patch"]),
        ],
      },
      own,
    );
    const leases = new kubernetes.rbac.v1.Role(
      `${resourceName}-role`,
      {
        metadata: { name, namespace },
        rules: [
          rule("coordination.k8s.io", ["leases"], ["get", "watch", "list", "delete", "update", "create"]),
        ],
      },
      own,
    );
    const subjects = [{ kind: "ServiceAccount", name, namespace }];
    const bound = [
      new kubernetes.rbac.v1.ClusterRoleBinding(
        `${resourceName}-cluster-role-binding`,
        { metadata: { name }, subjects, roleRef: reference("ClusterRole") },
        { ...own, dependsOn: [role, account] },
      ),
      new kubernetes.rbac.v1.RoleBinding(
        `${resourceName}-role-binding`,
        { metadata: { name, namespace }, subjects, roleRef: reference("Role") },
        { ...own, dependsOn: [leases, account] },
      ),
    ];
    this.ready = new kubernetes.apps.v1.Deployment(
      `${resourceName}-deployment`,
      {
        metadata: { name, namespace, labels },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: account.metadata.name,
              priorityClassName: "system-cluster-critical",
              securityContext: podSecurityContext({ runAsUser: 65532 }),
              containers: [
                {
                  name,
                  image: images.snapshotController,
                  imagePullPolicy: "IfNotPresent",
                  args: ["--leader-election=true"],
                  resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                  securityContext: containerSecurityContext(),
                },
              ],
            },
          },
        },
      },
      { ...own, dependsOn: bound, customTimeouts: { create: "10m", update: "10m" } },
    );
    this.registerOutputs({});
  }
}

const rule = (apiGroup: string, resources: string[], verbs: string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});

const reference = (kind: "ClusterRole" | "Role") => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
