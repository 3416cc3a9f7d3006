// The pack as the engine starts it. The SDK's runner puts a TypeScript loader in front of `require` for every pack,
// whatever PulumiPolicy.yaml says, and that loader refuses imports that end in `.ts`. Node's own `import` is not
// affected by it, so this file is JavaScript and imports the rest.
require("../nodeVersion.cjs").requireNode("the policy pack");
module.exports = import("./index.ts");
