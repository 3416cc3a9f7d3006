import { authenticatedServices } from "../../components/identity/applications.ts";

/** The services of the lab's base, and how one gets in. */
export function servicesPage(): string {
  const rows = authenticatedServices({ services: {} }).map(
    ({ name, title, host, groups, login, upstream }) =>
      `| ${title} | \`${host}.DOMAIN\` | ${groups.join(", ")} | ${login === "proxy" ? "an OAuth2-Proxy" : "its own OpenID Connect"} | \`${upstream.namespace}\` | \`lab:identity.services.${name}\` |`,
  );
  return [
    "# Services behind the login",
    "",
    "What is there from the first `up`, as the program declares it: [identity.md](../how-to/identity.md) says how. Authentik itself is at",
    "`auth.DOMAIN`; its own administration opens to `admins` alone.",
    "",
    "| service | address | who may enter | logged in by | runs in | settings |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
