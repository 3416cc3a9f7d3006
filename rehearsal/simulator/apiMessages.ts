/** The object exists and does not become ready. */
export class NeverReady extends Error {
  readonly id: string;

  constructor(id: string, message: string) {
    super(message);
    this.name = "NeverReady";
    this.id = id;
  }
}

/** A kind as the API names it in its messages: `configmaps`, `clusterissuers.cert-manager.io`. */
export function pluralOf(kind: string, group: string): string {
  const singular = kind.toLowerCase();
  const plural = /(s|x|ch)$/.test(singular) ? `${singular}es` : `${singular.replace(/y$/, "ie")}s`;
  return group.includes(".") || ["apps", "batch", "policy", "autoscaling"].includes(group)
    ? `${plural}.${group}`
    : plural;
}
