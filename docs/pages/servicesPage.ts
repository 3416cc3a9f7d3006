import { loggedInServices } from "../../components/identity/applications.ts";

/** The reference page of the services of the base, with address, groups and login of each. */
export function servicesPage(): string {
  const rows = loggedInServices({ services: {} }).map(
    ({ name, title, host, groups, login, upstream }) =>
      `| ${title} | \`${host}.DOMAIN\` | ${groups.join(", ")} | ${login === "proxy" ? "an OAuth2-Proxy" : "its own OpenID Connect"} | \`${upstream.namespace}\` | \`lab:identity.services.${name}\` |`,
  );
  return [
    "# Services behind the login",
    "",
    "The services that exist after the first `up`. [identity.md](../how-to/identity.md) describes how to add one. Authentik itself is at",
    "`auth.DOMAIN`; only `admins` have access to its administration.",
    "",
    "| service | address | groups with access | login by | namespace | settings |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
