// CommonJS without recent syntax, because an old Node.js that is first on PATH must be able to run this file.
const { RunError } = require("@pulumi/pulumi");
const { devDependencies } = require("./package.json");

/**
 * Rejects a Node.js that cannot run TypeScript. The engine runs the first `node` on PATH, and `npx` puts the project's
 * own Node.js first. @throws RunError, which the engine shows without a stack trace
 */
exports.requireNode = (what) => {
  const major = (version) => Number(version.split(".")[0]);
  const [needed, found] = [major(devDependencies.node), process.versions.node];
  if (major(found) < needed)
    throw new RunError(
      `node = ${found} (${process.execPath}): ${what} needs Node ${needed} or later, which runs its TypeScript without a compiler\n  fix: run \`npm ci\`, then \`npx pulumi …\` in the project's folder, which uses the project's own Node`,
    );
};
