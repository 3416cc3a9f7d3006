import { parse, stringify } from "yaml";

/**
 * Rewrites the kubeconfig of K3s for use outside of the server: the API address replaces 127.0.0.1, and the name of the
 * stack replaces `default`. @throws Error when the text is not a kubeconfig with one cluster and one user
 */
export function externalKubeconfig(text: string, options: { server: string; name: string }): string {
  const config: unknown = parse(text);
  const cluster = only(config, "clusters", "cluster");
  const user = only(config, "users", "user");
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: options.name, cluster: { ...cluster, server: options.server } }],
      users: [{ name: options.name, user }],
      contexts: [{ name: options.name, context: { cluster: options.name, user: options.name } }],
      "current-context": options.name,
    },
    { lineWidth: 0 },
  );
}

function only(config: unknown, list: string, key: string): Record<string, unknown> {
  const entries = isRecord(config) ? config[list] : undefined;
  const entry: unknown = Array.isArray(entries) && entries.length === 1 ? entries[0] : undefined;
  const found = isRecord(entry) ? entry[key] : undefined;
  if (!isRecord(found))
    throw new Error(
      `the output of the server is not a kubeconfig: it must have exactly one entry in ${list}`,
    );
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
