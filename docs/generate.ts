import { mkdirSync, writeFileSync } from "node:fs";
import { pages } from "./pages/pages.ts";
import { readme } from "./pages/readme.ts";

for (const [file, text] of Object.entries({ ...pages(), ...(await readme()) })) {
  const url = new URL(file, import.meta.url);
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, text);
  console.log(url.pathname);
}
