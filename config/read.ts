import { demandedLabels } from "./demandedLabels.ts";
import { ConfigurationRefused, type Diagnostic } from "./diagnostic.ts";
import { type Lab, resolveLab } from "./lab.ts";
import { mirrorLogins, parseMirrorPasswords } from "./mirrors.ts";
import { inOrder } from "./order.ts";
import { renameFields, underOldNames } from "./renamedFields.ts";
import { addresses } from "./rules/addresses.ts";
import { backup } from "./rules/backup.ts";
import { capacity } from "./rules/capacity.ts";
import { cluster } from "./rules/cluster.ts";
import { data } from "./rules/data.ts";
import { datastores } from "./rules/datastores.ts";
import { exemptions } from "./rules/exemptions.ts";
import { identity } from "./rules/identity.ts";
import { ingress } from "./rules/ingress.ts";
import { itil } from "./rules/itil.ts";
import { mcp } from "./rules/mcp.ts";
import { mirrors } from "./rules/mirrors.ts";
import { networks } from "./rules/networks.ts";
import { nodeLabels } from "./rules/nodeLabels.ts";
import { references } from "./rules/references.ts";
import { registry } from "./rules/registry.ts";
import { restore } from "./rules/restore.ts";
import type { Rule } from "./rules/rule.ts";
import { storage } from "./rules/storage.ts";
import { systemImage } from "./rules/systemImage.ts";
import { teardown } from "./rules/teardown.ts";
import { versions } from "./rules/versions.ts";
import { type SecretKey, secretKeys } from "./secretKeys.ts";
import { checkShape } from "./shape.ts";
import { namespace, type Source } from "./source.ts";

const rules: readonly Rule[] = [
  references,
  networks,
  addresses,
  systemImage,
  datastores,
  capacity,
  cluster,
  versions,
  nodeLabels,
  ingress,
  identity,
  storage,
  data,
  backup,
  restore,
  registry,
  mirrors,
  mcp,
  itil,
  teardown,
  exemptions,
];

/** The lab that a source describes. @throws ConfigurationRefused with every diagnostic */
export function readLab(stack: string, source: Source): Lab {
  const refuse = (diagnostics: readonly Diagnostic[]) => new ConfigurationRefused(source.name, diagnostics);
  // Without a readable file its fields cannot be checked.
  if (source.diagnostics.some((diagnostic) => diagnostic.path === "")) throw refuse(source.diagnostics);
  const { values, oldNames, diagnostics: twice } = renameFields(source.values);
  const found = [...source.diagnostics, ...twice];
  const shape = checkShape(inOrder(values) as Source["values"]);
  // A value that is ambiguous in the file is reported once, and not as an invalid value as well.
  const reported = new Set(found.map(({ path }) => path));
  if (Array.isArray(shape))
    throw refuse([...found, ...underOldNames(shape, oldNames).filter(({ path }) => !reported.has(path))]);
  const diagnostics = [
    ...found,
    ...underOldNames(
      rules.flatMap((rule) => rule(shape)),
      oldNames,
    ),
  ];
  if (diagnostics.length > 0) throw refuse(diagnostics);
  return resolveLab(stack, shape, demandedLabels(shape));
}

/**
 * The secrets that a lab needs: the Proxmox token with virtual machines, the DNS token with ACME, the auth key with
 * Tailscale, the passwords with a mirror that has a login.
 */
export function neededSecrets(lab: Lab): SecretKey[] {
  const needless: readonly SecretKey[] = [
    ...(lab.nodes.some((node) => node.kind === "vm") ? [] : (["proxmoxApiToken"] as const)),
    ...(lab.config.certificates.issuer === "acme" ? [] : (["dnsToken"] as const)),
    ...(lab.config.tailscale === undefined ? (["tailscaleAuthKey"] as const) : []),
    ...(mirrorLogins(lab.config).length === 0 ? (["mirrorPasswords"] as const) : []),
  ];
  return (Object.keys(secretKeys) as SecretKey[]).filter((key) => !needless.includes(key));
}

export type Secrets = Readonly<Record<SecretKey, string>>;

/** Every secret of the lab, empty where it is not needed. @throws ConfigurationRefused for each that is missing or malformed */
export function readSecrets(lab: Lab, source: Source): Secrets {
  const diagnostics = neededSecrets(lab).flatMap((key): Diagnostic[] => {
    const value = source.secrets[key];
    const path = `${namespace}:${key}`;
    if (value === undefined || value === "")
      return [
        {
          path,
          lesson: "C5",
          message: `is not set: ${secretKeys[key]}`,
          fix: `pulumi config set --secret ${path}`,
        },
      ];
    const diagnostic = judgeSecretForm(key, value);
    if (diagnostic !== undefined) return [diagnostic];
    return key === "mirrorPasswords" ? missingPasswords(lab, value) : [];
  });
  if (diagnostics.length > 0) throw new ConfigurationRefused(source.name, diagnostics);
  const value = (key: SecretKey) => source.secrets[key] ?? "";
  return {
    proxmoxApiToken: value("proxmoxApiToken"),
    sshPrivateKey: value("sshPrivateKey"),
    backupKeyId: value("backupKeyId"),
    backupKey: value("backupKey"),
    dnsToken: value("dnsToken"),
    tailscaleAuthKey: value("tailscaleAuthKey"),
    mirrorPasswords: value("mirrorPasswords"),
  };
}

function missingPasswords(lab: Lab, text: string): Diagnostic[] {
  const passwords = parseMirrorPasswords(text) ?? {};
  return mirrorLogins(lab.config)
    .filter((host) => !Object.hasOwn(passwords, host))
    .map((host) => ({
      path: `${namespace}:mirrorPasswords`,
      lesson: "C5",
      message: `has no password for ${host}, which has a user name under lab:cluster.registryConfigs`,
      fix: `set it with a password for each of these mirrors: pulumi config set --secret ${namespace}:mirrorPasswords '{"${host}": "PASSWORD", …}'`,
    }));
}

/** The diagnostic for a malformed secret, which shows no part of it; undefined where the form is valid. */
export function judgeSecretForm(key: SecretKey, value: string): Diagnostic | undefined {
  const { pattern, what } = secretForms[key];
  const path = `${namespace}:${key}`;
  return pattern.test(value)
    ? undefined
    : {
        path,
        lesson: "C5",
        message: `is not ${what}`,
        fix: `set it again: pulumi config set --secret ${path}`,
      };
}

const secretForms: Readonly<
  Record<
    SecretKey,
    { readonly pattern: { readonly test: (value: string) => boolean }; readonly what: string }
  >
> = {
  proxmoxApiToken: {
    pattern: /^[^@\s]+@[a-z]+![A-Za-z][A-Za-z0-9._-]*=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    what: "an API token of the form USER@REALM!NAME=UUID",
  },
  sshPrivateKey: {
    pattern: /^-----BEGIN OPENSSH PRIVATE KEY-----\n[\s\S]+-----END OPENSSH PRIVATE KEY-----\s*$/,
    what: "a private key in OpenSSH form (ssh-keygen -t ed25519)",
  },
  backupKeyId: { pattern: /^[0-9a-f]{12,25}$/, what: "a Backblaze key id (hexadecimal digits)" },
  backupKey: { pattern: /^[A-Za-z0-9+/_-]{20,}$/, what: "a Backblaze application key" },
  dnsToken: { pattern: /^[A-Za-z0-9+/_=-]{20,}$/, what: "an API token or a TSIG key: 20 characters or more" },
  tailscaleAuthKey: {
    pattern: /^tskey-(auth|client)-[A-Za-z0-9]+-[A-Za-z0-9]+$/,
    what: "an auth key of the form tskey-auth-…",
  },
  mirrorPasswords: {
    pattern: { test: (value) => parseMirrorPasswords(value) !== undefined },
    what: 'a map in JSON from the mirrors\' HOST:PORT to their passwords: {"HOST:PORT": "PASSWORD"}',
  },
};
