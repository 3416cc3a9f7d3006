/** Namespace and Service of the registry. The Service is reachable from outside, and every port requires a login (A4). */
export const registryNamespace = "registry";
export const registryService = "registry";
