import { mkdirSync, writeFileSync } from "node:fs";
import { pages } from "./pages/pages.ts";

for (const [file, text] of Object.entries(pages())) {
  mkdirSync(new URL(".", new URL(file, import.meta.url)), { recursive: true });
  writeFileSync(new URL(file, import.meta.url), text);
  console.log(`docs/${file}`);
}
