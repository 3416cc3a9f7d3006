import pulumi from "@pulumi/pulumi";
import { asRunError, engineConfiguration, rethrowAsRunError } from "./components/engineConfiguration.ts";
import { Lab } from "./components/lab.ts";
import { assertPluginVersions } from "./components/providerPlugins.ts";
import { guard } from "./plan/guard.ts";

// A plan has no engine and uses no plugin.
if (pulumi.runtime.getEngine() !== undefined) await assertPluginVersions().catch(rethrowAsRunError);
const { lab, secrets } = engineConfiguration();
const advised = await guard(lab, (placeholders) => new Lab(lab, placeholders));
const created = asRunError(() => new Lab(lab, secrets, advised));

/** Kubeconfig, as a secret: `pulumi stack output --show-secrets kubeconfig`. */
export const kubeconfig = created.cluster.kubeconfig;
export const apiUrl = created.apiUrl;
export const nodes = lab.nodes.map(({ name, role, address }) => ({ name, role, address }));
/** Certificate of the lab's CA, for the devices that use the lab. */
export const authority =
  created.network.certificates.authority ?? "a public CA signs, which every device trusts";
/** URL of the login, the administrator's password, and the first password of each user. */
export const login = created.identity.authentik.url;
export const adminPassword = created.identity.authentik.adminPassword;
export const firstPasswords = created.identity.authentik.passwords;
/** Password of Grafana's own `admin`, for a failure of the login. */
export const grafanaPassword = created.observability.adminPassword;
/** Password of `lab`, for pushes to the lab's registry (docs/how-to/registries.md). */
export const registryPassword = created.registryPassword ?? "the lab has no registry";
/** URLs of the services of the ITIL platform, by name. */
export const services = created.itil?.urls ?? {};
/** Store it outside the cluster: without it no etcd snapshot can be restored (docs/reference/recovery-kit.md). */
export const clusterToken = pulumi.secret(created.cluster.token);
/** Store it outside the cluster: without it no backup of a volume can be read (docs/explanation/backups.md). */
export const backupRepositoryPassword = pulumi.secret(created.backup.repositoryPassword);
