// The program as Pulumi.yaml names it: it says which Node is needed where an old one would fail at the first import.
import { requireNode } from "./nodeVersion.cjs";

requireNode("the program");
export default await import("./index.ts");
