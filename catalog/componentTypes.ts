/** The type tokens of the components that policies recognize. The class of a component has the last part of its token as name. */
export const componentTypes = {
  lab: "lab:index:Lab",
  node: "lab:node:PreparedNode",
  cluster: "lab:k3s:Cluster",
  storage: "lab:storage:Storage",
  registry: "lab:registry:Registry",
  oidcClient: "lab:identity:OidcClient",
  appliedBlueprint: "lab:identity:AppliedBlueprint",
} as const;
