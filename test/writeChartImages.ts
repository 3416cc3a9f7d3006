import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogueOf } from "./chartCatalogue.ts";
import { chartImagesOf } from "./chartImages.ts";
import { plannedResources } from "./plannedResources.ts";
import { findCharts } from "./upstream.ts";

const found = await findCharts();
if ("missing" in found) {
  console.error(`catalog/chartImages.ts cannot be written: ${found.missing}`);
  process.exit(1);
}
const planned = await plannedResources();
const images = chartImagesOf([...planned.values()].flat(), catalogueOf(found.folder));
const file = fileURLToPath(new URL("../catalog/chartImages.ts", import.meta.url));
writeFileSync(
  file,
  `// Written by \`npm run images\` from the charts themselves; a test says when it is stale.

/**
 * What the charts install with the program's values, by chart and version: each image in full, by its place among the
 * chart's values.
 */
export const chartImages: Readonly<Record<string, Readonly<Record<string, string>>>> = ${JSON.stringify(images, undefined, 2)};
`,
);
execFileSync("biome", ["format", "--write", file], { stdio: "inherit" });
console.log(`catalog/chartImages.ts: ${Object.keys(images).length} charts`);
