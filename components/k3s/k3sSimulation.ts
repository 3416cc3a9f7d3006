import type { StepModel } from "../simulation.ts";

export const installK3s: StepModel = async ({ machine, settings, k3s, images, text, words }) => {
  const installed = await k3s.install(machine, settings);
  images.startK3s(machine.name, text("ROLE") === "server" ? "server" : "agent", text("ARCHIVE") !== "");
  for (const image of words("IMAGES")) images.pull(machine.name, image);
  return installed;
};
