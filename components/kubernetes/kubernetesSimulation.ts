import type { StepModel } from "../simulation.ts";

/** Each of FILES is `…/GROUP_PLURAL.yaml@SHA256`. */
export const applyDefinitions: StepModel = ({ api, text, words }) => {
  for (const file of words("FILES")) {
    const group = /\/([a-z0-9.-]+)_[a-z]+\.yaml@[0-9a-f]{64}$/.exec(file)?.[1];
    if (group === undefined) throw new Error(`apply-crds: ${file} names no definition and its checksum`);
    api.define(group);
  }
  return `changed: ${text("NAME")} ${text("VERSION")}`;
};
