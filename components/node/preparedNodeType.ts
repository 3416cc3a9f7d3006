/** Type token of the component PreparedNode. Policies find the nodes of a lab by it. */
export const preparedNodeType = "lab:node:PreparedNode";
