import { describePolicy } from "../testing/describePolicy.ts";
import { cluster, release, resource } from "../testing/resources.ts";
import { pinnedVersions } from "./pinnedVersions.ts";

const image = (change: object) =>
  resource("proxmoxve:download/file:File", {
    url: "https://example.org/20260712/debian.qcow2",
    checksum: "aa",
    ...change,
  });

describePolicy(pinnedVersions, {
  valid: [release(), cluster(), image({})],
  invalid: [
    ["a range", [release({ version: "^55.0.0" })], "^55.0.0"],
    ["no version", [release({ version: undefined })], "version"],
    ["a wildcard", [release({ version: "1.5.x" })], "1.5.x"],
    ["a release without a limit", [release({ timeout: undefined })], "timeout"],
    ["a release that stays half done", [release({ atomic: false })], "atomic"],
    ["a release that leaves its rubbish", [release({ cleanupOnFail: undefined })], "cleanupOnFail"],
    ["a channel of K3s", [cluster({ version: "stable" })], "stable"],
    ["an image without a checksum", [image({ checksum: undefined })], "checksum"],
    ["an image that moves", [image({ url: "https://example.org/latest/debian.qcow2" })], "latest"],
  ],
});
