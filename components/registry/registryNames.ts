/** Where the registry lives, and its service: open to the network, with a login of its own at every port (A4). */
export const registryNamespace = "registry";
export const registryService = "registry";
