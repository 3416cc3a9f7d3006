/** The type tokens of the components that policies recognize. */
export const componentTypes = {
  lab: "lab:index:Lab",
  node: "lab:node:Node",
  cluster: "lab:k3s:Cluster",
  storage: "lab:storage:Storage",
  registry: "lab:registry:Registry",
  oidcClient: "lab:identity:OidcClient",
  appliedBlueprint: "lab:identity:AppliedBlueprint",
} as const;
