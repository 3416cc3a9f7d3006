import { describe, expect, test } from "vitest";
import { datastoreFor, datastores, imageDownloads } from "./datastores.ts";
import { readLab } from "./read.ts";
import { readStackFile } from "./source.ts";

const configOf = (fixture: string) =>
  readLab("fixture", readStackFile(`test/fixtures/valid/${fixture}.yaml`)).config;
const shared = configOf("two-hosts-on-a-shared-datastore");

test("a datastore that two hosts share is downloaded to once, by the first of them by name", () =>
  expect(imageDownloads(shared)).toEqual([
    { name: "shared-nas-image", host: "pve", datastore: "nas", hosts: ["pve", "pve2"] },
  ]));

test("a host without a shared datastore downloads to its own", () =>
  expect(imageDownloads(configOf("minimal"))).toEqual([
    { name: "pve-image", host: "pve", datastore: "local", hosts: ["pve"] },
  ]));

test("two hosts with a datastore of the same name, each for itself, download one image each", () => {
  const own = structuredClone(shared);
  for (const host of Object.values(own.proxmox?.hosts ?? {}))
    host.datastores.nas = { sizeGiB: 1000, content: ["images"], shared: false };
  expect(imageDownloads(own).map(({ name, datastore }) => [name, datastore])).toEqual([
    ["pve-image", "local"],
    ["pve2-image", "local"],
  ]);
});

test("a shared datastore is one, with the disks of the machines on all its hosts; others are one a host", () =>
  expect(datastores(shared).map(({ name, hosts, asked }) => [name, hosts, asked])).toEqual([
    ["fast", ["pve"], 40 + 80 + 200],
    ["local", ["pve"], 0],
    ["nas", ["pve", "pve2"], 40 + 40],
    ["fast", ["pve2"], 0],
    ["local", ["pve2"], 0],
  ]));

describe("which datastore holds what does not depend on the order of the file", () => {
  const store = (content: ("import" | "snippets")[], isShared = false) => ({
    sizeGiB: 1,
    content,
    shared: isShared,
  });
  const hostWith = (entries: [string, ReturnType<typeof store>][]) => {
    const [host] = Object.values(shared.proxmox?.hosts ?? {});
    return host && { ...host, datastores: Object.fromEntries(entries) };
  };
  test.each([
    [
      "the first by name",
      [
        ["b", store(["import"])],
        ["a", store(["import"])],
      ],
      "import",
      "a",
    ],
    [
      "a shared one for images",
      [
        ["a", store(["import"])],
        ["b", store(["import"], true)],
      ],
      "import",
      "b",
    ],
    [
      "an own one for snippets",
      [
        ["a", store(["snippets"], true)],
        ["b", store(["snippets"])],
      ],
      "snippets",
      "b",
    ],
    [
      "a shared one for snippets where there is no other",
      [["a", store(["snippets"], true)]],
      "snippets",
      "a",
    ],
    ["local where none may", [["a", store(["snippets"])]], "import", "local"],
  ] as [string, [string, ReturnType<typeof store>][], "import" | "snippets", string][])(
    "%s",
    (_what, entries, content, expected) => {
      expect(datastoreFor(hostWith(entries), content)).toBe(expected);
      expect(datastoreFor(hostWith(entries.toReversed()), content)).toBe(expected);
    },
  );
});
