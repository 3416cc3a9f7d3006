import { durations, imageRates, recoverySeconds } from "../../plan/durations.ts";

/** The reference page of the durations in the plan's timeline. */
export function timingsPage(): string {
  return [
    "# Timings",
    "",
    "The duration that the timeline of `npm run plan` assumes for the creation of each kind of resource. None was measured on the",
    "hardware of the lab yet: the source column says what an estimate is based on, or where a value was measured.",
    "",
    `The download of images is added once for the whole lab, because nodes share pulled images: ${imageRates.internet} MB per second from the`,
    `Internet (100 Mbit/s), ${imageRates.mirror} from a mirror on the network of the lab (lab:cluster.mirrors).`,
    "",
    "A gate creates nothing, and only checks existing resources. A rebuild without gates would be the shortest possible one, because",
    "every other step needs the result of the step before it; `npm run plan` prints the difference. Not on the critical path are the",
    "verification of the members and the definitions of snapshots (while Cilium starts), the operators, the monitoring definitions and",
    "every image that a later release needs (while storage starts), and the restore of claims of one namespace while those of others",
    "are restored.",
    "",
    "| step | seconds | images, MB | | source |",
    "| --- | --- | --- | --- | --- |",
    ...durations.map(
      ({ what, seconds, imagesMB = "", gate, source }) =>
        `| ${what} | ${seconds} | ${imagesMB} | ${gate ? "gate" : ""} | ${source} |`,
    ),
    "",
    "## Steps of the runbooks",
    "",
    "Measured on two cores with the real K3s 1.36.2, from the command to a ready API.",
    "",
    "| step | seconds |",
    "| --- | --- |",
    ...Object.entries(recoverySeconds).map(([what, seconds]) => `| ${what} | ${seconds} |`),
    "",
  ].join("\n");
}
