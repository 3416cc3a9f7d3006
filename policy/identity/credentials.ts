import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { isVirtualMachine } from "../machines/virtualMachines.ts";
import { given, known } from "../queries/known.ts";
import { containersOf, kindOf } from "../queries/workloads.ts";

/** What gives a credential away in a command. The match itself is never shown. */
const giveaways = [
  { pattern: /\bsshpass\b/, what: "uses sshpass" },
  { pattern: /-----BEGIN [A-Z ]*PRIVATE KEY/, what: "holds a private key" },
  { pattern: /\b\w*(PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY)=(?!["']?\$)\S/i, what: "holds a credential" },
  { pattern: /:\/\/[^/\s:@]+:[^/\s@$]+@/, what: "holds a URL with a password" },
];
const credentialName = /(password|passwd|token|secret|api_?key|private_?key)$/i;

/**
 * What the engine keeps secret is opened before a policy sees it, so a policy cannot tell a Pulumi secret from plain
 * text. It judges what no lab may have at all, and places where a credential is wrong whatever it is wrapped in.
 */
export const credentials: LessonPolicy = {
  key: "credentials",
  lesson: "C5",
  description: "no passwords on nodes, host keys are checked, and no credential stands in text",
  severity: "critical",
  fix: "use keys, check the host's key, and pass credentials as Pulumi secrets on standard input or in a Secret",
  resource: (resource) => [
    ...commandBreaches(resource),
    ...machineBreaches(resource),
    ...objectBreaches(resource),
  ],
};

function commandBreaches(resource: PolicedResource): Breach[] {
  if (!/^command:(remote|local):/.test(resource.type)) return [];
  const breaches: Breach[] = [];
  // A host key that is made together with its machine leaves the whole connection unknown until `up`, where the
  // policy runs again before the command does. The real provider makes such a connection one of defaults, its
  // host empty.
  const connection = known(() => resource.props.connection as Record<string, unknown> | undefined);
  if (known(() => connection?.host)) {
    if (given(connection, "password"))
      breaches.push({ resource, field: "connection.password", message: "logs in by password" });
    if (!given(connection, "hostKey"))
      breaches.push({
        resource,
        field: "connection.hostKey",
        message: "is missing, so any host would be believed",
      });
  }
  for (const field of ["create", "update", "delete"] as const) {
    const text: unknown = resource.props[field];
    for (const { pattern, what } of giveaways)
      if (typeof text === "string" && pattern.test(text)) breaches.push({ resource, field, message: what });
  }
  for (const name of Object.keys(resource.props.environment ?? {}))
    if (credentialName.test(name))
      breaches.push({
        resource,
        field: `environment.${name}`,
        message: "hands a credential over in the environment",
      });
  return breaches;
}

function machineBreaches(resource: PolicedResource): Breach[] {
  if (resource.type === "pulumi:providers:proxmoxve") {
    const insecure: unknown = resource.props.insecure;
    const breaches: Breach[] = [];
    if (insecure === true || insecure === "true")
      breaches.push({ resource, field: "insecure", value: true, message: "believes any certificate" });
    if (given(resource.props, "password"))
      breaches.push({ resource, field: "password", message: "is a password where an API token belongs" });
    return breaches;
  }
  if (!isVirtualMachine(resource)) return [];
  return given(resource.props.initialization?.userAccount, "password")
    ? [{ resource, field: "initialization.userAccount.password", message: "gives the machine a password" }]
    : [];
}

function objectBreaches(resource: PolicedResource): Breach[] {
  const inContainers = containersOf(resource).flatMap(({ field, spec }) =>
    (Array.isArray(spec.env) ? (spec.env as { name?: string; value?: unknown }[]) : []).flatMap((variable) =>
      credentialName.test(variable.name ?? "") && Object.keys(variable).includes("value")
        ? [{ resource, field: `${field}.env.${variable.name}`, message: "stands in the pod's specification" }]
        : [],
    ),
  );
  if (kindOf(resource) !== "ConfigMap") return inContainers;
  return Object.keys(resource.props.data ?? {})
    .filter((key) => credentialName.test(key))
    .map((key) => ({ resource, field: `data.${key}`, message: "is a credential in a ConfigMap" }));
}
