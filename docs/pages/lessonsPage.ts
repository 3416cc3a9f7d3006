import { globSync } from "node:fs";
import { type LessonId, lessons } from "../../catalog/lessons.ts";
import { policyName } from "../../policy/guardOptions.ts";
import { lessonPolicies } from "../../policy/lessonPolicies.ts";

/** Where a lesson is enforced beside the policies, and the file that does it. */
export const enforcement: Readonly<Partial<Record<LessonId, readonly (readonly [string, string])[]>>> = {
  C1: [["gate", "guest/verify-cpu.sh"]],
  C2: [
    ["guard", "components/k3s/changes.ts"],
    ["guard", "components/data/databaseChanges.ts"],
    ["config", "config/sections/data.ts"],
    ["gate", "guest/apply-crds.sh"],
  ],
  C3: [
    ["config", "config/rules/capacity.ts"],
    ["config", "config/rules/datastores.ts"],
  ],
  C4: [
    ["config", "config/rules/data.ts"],
    ["config", "config/rules/itil.ts"],
    ["gate", "guest/reserve-resources.sh"],
  ],
  A1: [
    ["config", "components/identity/cookieSecret.ts"],
    ["config", "config/schema.ts"],
  ],
  A3: [
    ["config", "components/identity/oidc.ts"],
    ["gate", "components/identity/login.sh"],
  ],
  A4: [
    ["config", "components/identity/application.ts"],
    ["gate", "components/identity/login.sh"],
  ],
  A5: [
    ["config", "config/rules/identity.ts"],
    ["config", "components/identity/blueprintProblems.ts"],
    ["gate", "components/identity/appliedBlueprint.ts"],
  ],
  C5: [
    ["config", "config/source.ts"],
    ["gate", "guest/prepare-node.sh"],
  ],
  N1: [["config", "config/rules/networks.ts"]],
  N2: [
    ["config", "config/rules/addresses.ts"],
    ["gate", "guest/verify-network.sh"],
  ],
  N3: [
    ["gate", "guest/verify-network.sh"],
    ["gate", "guest/verify-ready.sh"],
    ["gate", "components/network/reach.sh"],
  ],
  N4: [["alert", "components/observability/nodeAlerts.ts"]],
  N5: [
    ["config", "config/rules/ingress.ts"],
    ["config", "config/rules/nodeLabels.ts"],
    ["config", "components/k3s/config.ts"],
  ],
  N6: [["document", "docs/reference/homelab.md"]],
  N7: [
    ["config", "components/network/coreDns.ts"],
    ["gate", "components/network/reach.sh"],
  ],
  N8: [
    ["config", "config/schema.ts"],
    ["config", "components/k3s/config.ts"],
  ],
  N9: [["config", "components/network/ciliumValues.ts"]],
  N11: [["config", "components/k3s/config.ts"]],
  I2: [
    ["config", "config/sections/cluster.ts"],
    ["config", "config/sections/itil.ts"],
  ],
  I3: [
    ["config", "components/k3s/config.ts"],
    ["config", "config/rules/registry.ts"],
    ["config", "config/rules/mirrors.ts"],
    ["gate", "guest/verify-network.sh"],
    ["gate", "guest/place-archive.sh"],
    ["gate", "guest/pull-images.sh"],
    ["gate", "guest/verify-registry.sh"],
  ],
  I4: [
    ["config", "catalog/nodeImages.ts"],
    ["config", "components/apps/podTemplate.ts"],
  ],
  K1: [
    ["config", "config/rules/cluster.ts"],
    ["gate", "guest/verify-k3s.sh"],
  ],
  K2: [
    ["config", "config/schema.ts"],
    ["gate", "guest/verify-k3s.sh"],
  ],
  K3: [
    ["config", "config/rules/cluster.ts"],
    ["guard", "components/k3s/changes.ts"],
    ["gate", "guest/verify-k3s.sh"],
  ],
  K4: [
    ["config", "config/rules/versions.ts"],
    ["guard", "components/k3s/changes.ts"],
    ["gate", "guest/install-k3s.sh"],
    ["gate", "guest/verify-backup.sh"],
  ],
  K5: [
    ["config", "config/rules/addresses.ts"],
    ["gate", "guest/configure-k3s.sh"],
  ],
  K6: [
    ["config", "config/rules/nodeLabels.ts"],
    ["config", "components/k3s/config.ts"],
    ["config", "components/node/node.ts"],
    ["gate", "guest/forget-node.sh"],
  ],
  K7: [
    ["gate", "guest/prepare-node.sh"],
    ["alert", "components/observability/nodeAlerts.ts"],
  ],
  S1: [
    ["gate", "guest/prepare-node.sh"],
    ["gate", "guest/verify-longhorn.sh"],
  ],
  S2: [["gate", "guest/prepare-disks.sh"]],
  S3: [
    ["config", "config/rules/storage.ts"],
    ["guard", "components/proxmox/diskChanges.ts"],
    ["gate", "guest/prepare-disks.sh"],
  ],
  S4: [["gate", "guest/prepare-disks.sh"]],
  S5: [
    ["config", "config/rules/storage.ts"],
    ["gate", "guest/declare-disks.sh"],
    ["gate", "guest/verify-longhorn.sh"],
  ],
  S6: [
    ["config", "config/lab.ts"],
    ["config", "config/rules/nodeLabels.ts"],
  ],
  S7: [["config", "catalog/charts.ts"]],
  S8: [
    ["guard", "components/storage/longhornVersion.ts"],
    ["gate", "guest/verify-longhorn.sh"],
  ],
  S9: [
    ["config", "config/rules/storage.ts"],
    ["gate", "guest/evict-replicas.sh"],
    ["alert", "components/storage/volumeAlerts.ts"],
  ],
  S10: [
    ["config", "components/storage/hostDirectory.ts"],
    ["gate", "guest/prepare-directory.sh"],
  ],
  S11: [["gate", "guest/verify-storage.sh"]],
  S12: [
    ["guard", "components/k3s/changes.ts"],
    ["gate", "guest/remove-k3s.sh"],
    ["gate", "guest/rebind-volume.sh"],
  ],
  D1: [
    ["config", "config/rules/data.ts"],
    ["guard", "components/data/databaseChanges.ts"],
    ["gate", "guest/prepare-node.sh"],
    ["gate", "guest/label-node.sh"],
    ["gate", "components/data/elasticsearch/ready.sh"],
  ],
  D2: [["config", "components/data/elasticsearch/elasticsearch.ts"]],
  D3: [
    ["config", "components/data/dataService.ts"],
    ["gate", "components/data/elasticsearch/snapshot.sh"],
    ["gate", "components/data/dumps/upload.sh"],
  ],
  D4: [["gate", "guest/verify-cpu.sh"]],
  D5: [
    ["config", "components/data/serviceDatabases.ts"],
    ["config", "config/rules/data.ts"],
    ["config", "config/rules/itil.ts"],
    ["config", "components/data/neo4j/neo4j.ts"],
    ["guard", "components/data/databaseChanges.ts"],
  ],
  B1: [
    ["config", "config/rules/backup.ts"],
    ["config", "components/backup/schedules.ts"],
    ["config", "components/postgres/postgresCluster.ts"],
  ],
  B3: [
    ["config", "components/backup/locations.ts"],
    ["gate", "guest/verify-backup-store.sh"],
  ],
  B5: [
    ["config", "components/k3s/config.ts"],
    ["check", "recovery/check.ts"],
    ["gate", "guest/restore-etcd.sh"],
  ],
  B6: [
    ["config", "config/rules/restore.ts"],
    ["gate", "guest/verify-restorable.sh"],
    ["gate", "components/data/elasticsearch/ready.sh"],
    ["gate", "components/data/dumps/fetch.sh"],
    ["gate", "guest/restore-claims.sh"],
  ],
  A2: [["test", "test/chartValues.test.ts"]],
  T1: [
    ["config", "config/rules/ingress.ts"],
    ["gate", "components/network/reach.sh"],
  ],
  O1: [
    ["alert", "components/storage/volumeAlerts.ts"],
    ["alert", "components/observability/nodeAlerts.ts"],
    ["alert", "components/network/certificateAlerts.ts"],
  ],
  O3: [["config", "components/observability/prometheusValues.ts"]],
  P1: [["config", "components/kubernetes/namespace.ts"]],
  P3: [
    ["config", "config/sections/cluster.ts"],
    ["config", "config/rules/systemImage.ts"],
    ["gate", "guest/apply-crds.sh"],
  ],
};

/** The lessons, and for each where a breach of it is refused; from the policies and the table above. */
export function lessonsPage(): string {
  const sections = (Object.keys(lessons) as LessonId[]).map((id) => {
    const policies = lessonPolicies
      .filter(({ lesson }) => lesson === id)
      .flatMap((policy) =>
        (["resource", "stack"] as const)
          .filter((part) => policy[part] !== undefined)
          .map((part) => `policy \`${policyName(policy, part)}\` (\`${policyFile(policy.key)}\`)`),
      );
    const elsewhere = (enforcement[id] ?? []).map(([kind, file]) => `${kind} \`${file}\``);
    const all = [...elsewhere, ...policies];
    return [
      `## ${id}`,
      "",
      `${lessons[id]}.`,
      "",
      all.length > 0 ? `Enforced by: ${all.join(", ")}.` : "Not enforced yet.",
      "",
    ].join("\n");
  });
  return [
    "# Lessons",
    "",
    "What this lab has paid for. Every refusal names one of these; *config* refuses before any resource is made, a *policy*",
    "and a *guard* at preview, a *gate* on the machine itself during `up`; an *alert* tells of what happens later; a *check* is a",
    "command that the owner runs.",
    "",
    ...sections,
  ].join("\n");
}

/** The file that defines a policy: every policy is in a folder of its topic. */
function policyFile(key: string): string {
  const [file] = globSync(`policy/*/${key}.ts`, { cwd: new URL("../..", import.meta.url) });
  if (file === undefined) throw new Error(`no file policy/TOPIC/${key}.ts defines the policy ${key}`);
  return file;
}
