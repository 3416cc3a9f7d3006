let runs = 0;

/** The program itself, evaluated again at each call: the engine runs it once per operation. */
export async function program(): Promise<unknown> {
  runs += 1;
  const module = new URL("../index.ts", import.meta.url);
  module.searchParams.set("run", String(runs));
  return await import(/* @vite-ignore */ module.href);
}
