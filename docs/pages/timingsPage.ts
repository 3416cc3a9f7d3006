import { durations, imageRates, recoverySeconds } from "../../plan/durations.ts";

/** The table behind the plan's timeline. */
export function timingsPage(): string {
  return [
    "# Timings",
    "",
    "How long creating each kind of resource is taken to last, for the timeline of `npm run plan`. None of these has been",
    "measured on the lab's hardware yet: an estimate says that it is one, and on what it rests; `measured` says on what.",
    "",
    `Images come on top, once for the whole lab: nodes share what one of them has pulled. From the Internet that is ${imageRates.internet} MB a`,
    `second (100 Mbit/s), from a mirror on the lab's own network (lab:cluster.mirrors) ${imageRates.mirror}.`,
    "",
    "A gate makes nothing, and only looks at what is there. A rebuild without gates would be the shortest there can be, since every",
    "other step needs what the one before it made; `npm run plan` says how far the lab is from that. Moved off the longest chain:",
    "the verification of the members and the definitions of snapshots (while Cilium comes up), the operators, the monitoring",
    "definitions and every image that a later release needs (while storage comes up), and the restore of claims of one namespace",
    "while those of others come back.",
    "",
    "| what | seconds | images, MB | | source |",
    "| --- | --- | --- | --- | --- |",
    ...durations.map(
      ({ what, seconds, imagesMB = "", gate, source }) =>
        `| ${what} | ${seconds} | ${imagesMB} | ${gate ? "gate" : ""} | ${source} |`,
    ),
    "",
    "## Steps of the runbooks",
    "",
    "Measured on two cores with the real K3s 1.36.2, from the order to a ready API.",
    "",
    "| step | seconds |",
    "| --- | --- |",
    ...Object.entries(recoverySeconds).map(([what, seconds]) => `| ${what} | ${seconds} |`),
    "",
  ].join("\n");
}
