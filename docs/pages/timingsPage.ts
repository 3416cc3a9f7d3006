import { durations } from "../../plan/durations.ts";

/** The table behind the plan's timeline. */
export function timingsPage(): string {
  return [
    "# Timings",
    "",
    "How long creating each kind of resource is taken to last, for the timeline of `npm run plan`. None of these has been",
    "measured on the lab's hardware yet: an estimate says that it is one, and on what it rests.",
    "",
    "| what | seconds | source |",
    "| --- | --- | --- |",
    ...durations.map(({ what, seconds, source }) => `| ${what} | ${seconds} | ${source} |`),
    "",
  ].join("\n");
}
