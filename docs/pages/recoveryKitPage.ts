import { artefacts } from "../../recovery/artefacts.ts";
import { signs } from "../../recovery/backups.ts";

/** The reference page of everything that must be stored outside the lab: the list that `npm run kit` checks. */
export function recoveryKitPage(): string {
  const linked = (text: string) =>
    text.replace(/docs\/([\w/-]+\.md)/g, (_, file: string) => `[${file}](../${file})`);
  return [
    "# Recovery kit",
    "",
    "A rebuild needs these items, and the cluster cannot provide them (B5). `npm run kit` checks each from the machine it runs on,",
    "without a cluster. It uses each item instead of checking that it exists: it decrypts the secrets of the state, lists the bucket,",
    "and authenticates with each token. It changes nothing and prints no secret.",
    "",
    "    npm run kit                       # exit 0: complete; 1: something is missing; 3: the configuration is rejected",
    "    npm run kit -- --save FILE        # after each `up`: saves a copy of the state, with encrypted secrets",
    "    npm run kit -- --copy FILE        # also imports that copy into an empty backend, and reads it there",
    "",
    "Run it after each `up`, and every three months from a machine outside the lab: a rebuild after a disaster has only what that",
    "machine has. An item that cannot be verified from there, such as a token for a lost host, is *not checked*, and not missing.",
    "",
    "| item | source | where to store it | consequence of its loss |",
    "| --- | --- | --- | --- |",
    ...Object.values(artefacts).map(
      ({ what, from, keep, without }) => `| ${what} | ${from} | ${keep} | ${linked(without)} |`,
    ),
    "",
    "The complete kit is three items in two places outside the lab: a clone of this repository, the copy of the state, and the",
    "passphrase. These contain all other items, or a web page can recreate them.",
    "",
    "## Backups that it checks",
    "",
    "In the folder of the generation that a rebuild would read now: `lab:restore.generation`, or `lab:backup.generation`.",
    "",
    "| system | maximum age of the newest backup | without a backup |",
    "| --- | --- | --- |",
    ...signs.map(
      ({ system, rpoHours, always }) =>
        `| ${system} | ${rpoHours} h | ${always ? "missing" : "correct, if the lab does not use the system"} |`,
    ),
    "",
    "The newest complete backup of each system counts. The alerts check that every single volume and database has its own.",
    "",
    "## What is lost, and what remains",
    "",
    "| lost | also lost | remains | continue with |",
    "| --- | --- | --- | --- |",
    "| the cluster | objects, volumes, snapshots on the nodes, sessions | hosts, machines' definitions, state, bucket, names | [rebuild](../runbooks/rebuild.md) |",
    "| the host | all of the above, the machines and their disks | state, bucket, this repository | [another host](../runbooks/host-lost.md) |",
    "| the site | all of the above, file shares, your computer there | the bucket, the state if it is outside, the kit in the other building | [another host](../runbooks/host-lost.md), at another site |",
    "| the state | values that exist only there: the K3s token, Velero's password, the lab's certificate authority | the running lab | [the state](../runbooks/state-lost.md) |",
    "| the bucket | every backup | the running lab | [another store](../runbooks/b2-unreachable.md), on the same day |",
    "",
    "The file server must back up its file shares itself: the program does not copy them.",
    "",
  ].join("\n");
}
