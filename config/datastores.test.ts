import { describe, expect, test } from "vitest";
import { datastoreFor, datastores, imageDownloads } from "./datastores.ts";
import { readLab } from "./read.ts";
import { readStackFile } from "./source.ts";

const configOf = (fixture: string) =>
  readLab("fixture", readStackFile(`test/fixtures/valid/${fixture}.yaml`)).config;
const shared = configOf("two-hosts-on-a-shared-datastore");

test("downloads once to a datastore that two hosts share, on the first host by name", () =>
  expect(imageDownloads(shared)).toEqual([
    { name: "shared-nas-image", host: "pve", datastore: "nas", hosts: ["pve", "pve2"] },
  ]));

test("downloads to the own datastore of a host without a shared one", () =>
  expect(imageDownloads(configOf("minimal"))).toEqual([
    { name: "pve-image", host: "pve", datastore: "local", hosts: ["pve"] },
  ]));

test("downloads to each of two unshared datastores with the same name", () => {
  const own = structuredClone(shared);
  for (const host of Object.values(own.proxmox?.hosts ?? {}))
    host.datastores.nas = { sizeGiB: 1000, content: ["images"], shared: false };
  expect(imageDownloads(own).map(({ name, datastore }) => [name, datastore])).toEqual([
    ["pve-image", "local"],
    ["pve2-image", "local"],
  ]);
});

test("counts the disks of all hosts on a shared datastore once, and other datastores for each host", () =>
  expect(datastores(shared).map(({ name, hosts, asked }) => [name, hosts, asked])).toEqual([
    ["fast", ["pve"], 40 + 80 + 200],
    ["local", ["pve"], 0],
    ["nas", ["pve", "pve2"], 40 + 40],
    ["fast", ["pve2"], 0],
    ["local", ["pve2"], 0],
  ]));

describe("the datastore for a content type is independent of the order of the file", () => {
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
      "an unshared one for snippets",
      [
        ["a", store(["snippets"], true)],
        ["b", store(["snippets"])],
      ],
      "snippets",
      "b",
    ],
    ["a shared one for snippets if there is no other", [["a", store(["snippets"], true)]], "snippets", "a"],
    ["local if no datastore allows the content", [["a", store(["snippets"])]], "import", "local"],
  ] as [string, [string, ReturnType<typeof store>][], "import" | "snippets", string][])(
    "selects %s",
    (_what, entries, content, expected) => {
      expect(datastoreFor(hostWith(entries), content)).toBe(expected);
      expect(datastoreFor(hostWith(entries.toReversed()), content)).toBe(expected);
    },
  );
});
