// Type tokens of components by which a policy finds the login of a service.

export const oidcClientType = "lab:identity:OidcClient";

export const appliedBlueprintType = "lab:identity:AppliedBlueprint";
