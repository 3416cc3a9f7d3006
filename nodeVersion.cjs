// CommonJS and no recent syntax: whichever Node comes first on PATH reads this file, an old one too.
const { RunError } = require("@pulumi/pulumi");
const { devDependencies } = require("./package.json");

/**
 * Ends what was started on a Node that cannot run TypeScript by itself. The engine takes `node` from PATH, and `npx`
 * puts the project's own Node first. @throws RunError, which the engine shows without a stack trace
 */
exports.requireNode = (what) => {
  const major = (version) => Number(version.split(".")[0]);
  const [needed, found] = [major(devDependencies.node), process.versions.node];
  if (major(found) < needed)
    throw new RunError(
      `node = ${found} (${process.execPath}): ${what} needs Node ${needed} or later, which runs its TypeScript without a compiler\n  fix: run \`npm ci\`, then \`npx pulumi …\` in the project's folder, which uses the project's own Node`,
    );
};
