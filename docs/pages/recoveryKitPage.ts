import { artefacts } from "../../recovery/artefacts.ts";
import { signs } from "../../recovery/backups.ts";

/** What must be kept where the lab is not: the list that `npm run kit` checks. */
export function recoveryKitPage(): string {
  const linked = (text: string) =>
    text.replace(/docs\/([\w/-]+\.md)/g, (_, file: string) => `[${file}](../${file})`);
  return [
    "# Recovery kit",
    "",
    "What the lab cannot be rebuilt without, and the cluster cannot give back (B5). `npm run kit` checks each line from the machine",
    "it runs on, without a cluster: it does not look whether a thing is there, it uses it. The state's secrets are decrypted, the bucket",
    "is listed, tokens are shown to those who know them. It changes nothing and shows no secret.",
    "",
    "    npm run kit                       # exit 0: all in hand; 1: something is missing; 3: the configuration is refused",
    "    npm run kit -- --save FILE        # after each `up`: a copy of the state, its secrets encrypted",
    "    npm run kit -- --copy FILE        # also restores that copy into an empty backend, and reads it there",
    "",
    "Run it after each `up`, and once a quarter from a machine that is not in the lab: what it finds there is what there is on",
    "the worst day. What cannot be told from there, such as a token for a host that is gone, is *not checked* and nothing missing.",
    "",
    "| what | where it comes from | where to keep it | without it |",
    "| --- | --- | --- | --- |",
    ...Object.values(artefacts).map(
      ({ what, from, keep, without }) => `| ${what} | ${from} | ${keep} | ${linked(without)} |`,
    ),
    "",
    "Three things in two places outside the lab are the whole kit: a clone of this repository, the copy of the state, and the",
    "passphrase. Everything else is in them, or made anew on a web page.",
    "",
    "## Backups that it looks for",
    "",
    "In the folder of the generation that a rebuild of today would read: `lab:restore.generation`, or `lab:backup.generation`.",
    "",
    "| system | the newest may be | where there is none |",
    "| --- | --- | --- |",
    ...signs.map(
      ({ system, rpoHours, always }) =>
        `| ${system} | ${rpoHours} h old | ${always ? "missing" : "right, where the lab has nothing of it"} |`,
    ),
    "",
    "Of each system the newest whole one counts; that every single volume and database has its own is what the alerts watch.",
    "",
    "## What dies, what survives",
    "",
    "| lost | dies with it | survives | go on with |",
    "| --- | --- | --- | --- |",
    "| the cluster | objects, volumes, snapshots on the nodes, sessions | hosts, machines' definitions, state, bucket, names | [rebuild](../runbooks/rebuild.md) |",
    "| the host | all that, the machines and their disks | state, bucket, this repository | [another host](../runbooks/host-lost.md) |",
    "| the site | all that, file shares, this desk's machine | the bucket, the state where it is outside, the kit in the other building | [another host](../runbooks/host-lost.md), elsewhere |",
    "| the state | what only it knows: the K3s token, Velero's password, the lab's authority | the lab, which runs on | [the state](../runbooks/state-lost.md) |",
    "| the bucket | every backup | the lab, which runs on | [another store](../runbooks/b2-unreachable.md), today |",
    "",
    "File shares are the file server's own matter: nothing here copies them.",
    "",
  ].join("\n");
}
