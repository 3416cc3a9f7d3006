import { stringify } from "yaml";

/** The audit policy of the API server: records who changed what, and never the content of a Secret. */
export function auditPolicy(): string {
  return stringify(
    {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [
        { level: "None", verbs: ["get", "list", "watch"] },
        { level: "None", resources: [{ group: "", resources: ["events"] }, { group: "events.k8s.io" }] },
        { level: "None", resources: [{ group: "coordination.k8s.io", resources: ["leases"] }] },
        {
          level: "Metadata",
          resources: [{ group: "", resources: ["secrets", "configmaps", "serviceaccounts/token"] }],
        },
        { level: "Request", resources: [{ group: "rbac.authorization.k8s.io" }] },
        { level: "Metadata" },
      ],
    },
    { lineWidth: 0 },
  );
}
