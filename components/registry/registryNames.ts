/** Type token of the component Registry. Policies find its resources by it. */
export const registryType = "lab:registry:Registry";

/** Namespace and Service of the registry. The Service is reachable from outside, and every port requires a login (A4). */
export const registryNamespace = "registry";
export const registryService = "registry";
