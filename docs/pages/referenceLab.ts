import { readStackFile, type Source } from "../../config/source.ts";

/** The configuration of the picture and the excerpts: a neutral lab, not the lab of the owner. */
export const referenceFile = "test/fixtures/valid/itil.yaml";

/** The reference lab as it is configured. @throws Error if the file has errors */
export function referenceSource(): Source {
  const source = readStackFile(referenceFile);
  const messages = source.diagnostics.map(({ message }) => message);
  if (messages.length > 0) throw new Error(`${referenceFile}: ${messages.join("\n")}`);
  return source;
}
