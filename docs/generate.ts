import { writeFileSync } from "node:fs";
import { pages } from "./pages/pages.ts";

for (const [file, text] of Object.entries(pages())) {
  writeFileSync(new URL(file, import.meta.url), text);
  console.log(`docs/${file}`);
}
