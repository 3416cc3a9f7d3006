// Entry point in Pulumi.yaml. It reports the required Node.js version, where an older one would fail at the first import.
import { requireNode } from "./nodeVersion.cjs";

requireNode("the program");
export default await import("./index.ts");
