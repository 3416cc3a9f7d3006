/** Type token of the component Lab. A policy reads from its inputs which advice the program has printed. */
export const labType = "lab:index:Lab";
