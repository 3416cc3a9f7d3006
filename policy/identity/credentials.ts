import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { isVirtualMachine } from "../machines/virtualMachines.ts";
import { isSet, known } from "../queries/known.ts";
import { containersOf, kindOf } from "../queries/workloads.ts";

/** Credentials in the text of a command. The matched text is never printed. */
const commandPatterns = [
  { pattern: /\bsshpass\b/, message: "uses sshpass" },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY/, message: "contains a private key" },
  {
    pattern: /\b\w*(PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY)=(?!["']?\$)\S/i,
    message: "contains a credential",
  },
  { pattern: /:\/\/[^/\s:@]+:[^/\s@$]+@/, message: "contains a URL with a password" },
];
const credentialName = /(password|passwd|token|secret|api_?key|private_?key)$/i;

/**
 * The engine decrypts secrets before it passes resources to a policy, so a policy cannot distinguish a Pulumi secret from
 * plain text. This one checks for credentials that are always wrong, such as passwords on nodes, and for fields that must
 * not contain a credential at all.
 */
export const credentials: LessonPolicy = {
  key: "credentials",
  lesson: "C5",
  description: "nodes have no passwords, SSH connections check host keys, and no credential is in plain text",
  severity: "critical",
  remediationSteps:
    "use SSH keys, set the host key, and pass credentials as Pulumi secrets on standard input or in a Kubernetes Secret",
  validateResource: (resource) => [
    ...commandViolations(resource),
    ...machineViolations(resource),
    ...objectViolations(resource),
  ],
};

function commandViolations(resource: PolicedResource): Violation[] {
  if (!/^command:(remote|local):/.test(resource.type)) return [];
  const violations: Violation[] = [];
  // A host key that is created in the same run makes the whole connection unknown until `up`, where the policy runs again
  // before the command. The real provider replaces such a connection by defaults with an empty host.
  const connection = known(() => resource.props.connection as Record<string, unknown> | undefined);
  if (known(() => connection?.host)) {
    if (isSet(connection, "password"))
      violations.push({ resource, field: "connection.password", message: "logs in with a password" });
    if (!isSet(connection, "hostKey"))
      violations.push({
        resource,
        field: "connection.hostKey",
        message: "is not set, so the connection accepts any host key",
      });
  }
  for (const field of ["create", "update", "delete"] as const) {
    const text: unknown = resource.props[field];
    for (const { pattern, message } of commandPatterns)
      if (typeof text === "string" && pattern.test(text)) violations.push({ resource, field, message });
  }
  for (const name of Object.keys(resource.props.environment ?? {}))
    if (credentialName.test(name))
      violations.push({
        resource,
        field: `environment.${name}`,
        message: "passes a credential in the environment",
      });
  return violations;
}

function machineViolations(resource: PolicedResource): Violation[] {
  if (resource.type === "pulumi:providers:proxmoxve") {
    const insecure: unknown = resource.props.insecure;
    const violations: Violation[] = [];
    if (insecure === true || insecure === "true")
      violations.push({ resource, field: "insecure", value: true, message: "accepts any certificate" });
    if (isSet(resource.props, "password"))
      violations.push({
        resource,
        field: "password",
        message: "is a password, and the provider must use an API token",
      });
    return violations;
  }
  if (!isVirtualMachine(resource)) return [];
  return isSet(resource.props.initialization?.userAccount, "password")
    ? [{ resource, field: "initialization.userAccount.password", message: "sets a password on the VM" }]
    : [];
}

function objectViolations(resource: PolicedResource): Violation[] {
  const inContainers = containersOf(resource).flatMap(({ field, spec }) =>
    (Array.isArray(spec.env) ? (spec.env as { name?: string; value?: unknown }[]) : []).flatMap((variable) =>
      credentialName.test(variable.name ?? "") && Object.keys(variable).includes("value")
        ? [
            {
              resource,
              field: `${field}.env.${variable.name}`,
              message: "is a credential in the pod specification",
            },
          ]
        : [],
    ),
  );
  if (kindOf(resource) !== "ConfigMap") return inContainers;
  return Object.keys(resource.props.data ?? {})
    .filter((key) => credentialName.test(key))
    .map((key) => ({ resource, field: `data.${key}`, message: "is a credential in a ConfigMap" }));
}
