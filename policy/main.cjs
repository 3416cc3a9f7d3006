// The entry point that the engine starts. The SDK's runner installs a TypeScript loader in `require` for every pack,
// whatever PulumiPolicy.yaml says, and that loader rejects imports that end in `.ts`. Node's own `import` does not use
// that loader, so this file is JavaScript and imports the rest.
require("../nodeVersion.cjs").requireNode("the policy pack");
module.exports = import("./index.ts");
