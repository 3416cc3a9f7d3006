import pulumi from "@pulumi/pulumi";
import { asRunError, engineConfiguration, rethrowAsRunError } from "./components/engineConfiguration.ts";
import { Lab } from "./components/lab.ts";
import { assertPluginVersions } from "./components/providerPlugins.ts";
import { guard } from "./plan/guard.ts";

// A plan runs without an engine and uses no plugins.
if (pulumi.runtime.getEngine() !== undefined) await assertPluginVersions().catch(rethrowAsRunError);
const { lab, secrets } = engineConfiguration();
const advised = await guard(lab, (placeholders) => new Lab(lab, placeholders));
const made = asRunError(() => new Lab(lab, secrets, advised));

/** What a person needs next. Secrets are shown by `pulumi stack output --show-secrets NAME`. */
export const kubeconfig = made.cluster.kubeconfig;
export const apiUrl = made.apiUrl;
export const nodes = lab.nodes.map(({ name, role, address }) => ({ name, role, address }));
/** To be trusted on the devices that use the lab. */
export const authority = made.network.authority ?? "a public one signs, which every device trusts";
/** Where one logs in, who may do everything, and the first password of each user. */
export const login = made.identity.authentik.url;
export const adminPassword = made.identity.authentik.adminPassword;
export const firstPasswords = made.identity.authentik.passwords;
/** Of Grafana's own `admin`, for the day on which there is no login. */
export const grafanaPassword = made.observability.adminPassword;
/** Of `lab`, who pushes to the lab's own registry (docs/how-to/registries.md). */
export const registryPassword = made.registryPassword ?? "the lab has no registry of its own";
/** Where people find the services of the ITIL platform, by name. */
export const services = made.itil?.urls ?? {};
/** Keep it off the cluster: without it no etcd snapshot can be restored (docs/reference/recovery-kit.md). */
export const clusterToken = pulumi.secret(made.cluster.token);
/** Keep it off the cluster too: without it no backup of a volume can be read (docs/explanation/backups.md). */
export const backupRepositoryPassword = pulumi.secret(made.backup.repositoryPassword);
