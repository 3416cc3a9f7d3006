import { describe, expect, test } from "vitest";
import { systemImage } from "./systemImage.ts";
import { configWith, testEdges } from "./testing/judge.ts";
import { versions } from "./versions.ts";

describe("the system image (P3, C5)", () => {
  const image = (change: object) => ({ "lab:proxmox": { image: change } });
  testEdges(systemImage, [
    ["accepts a lab without Proxmox", { "lab:proxmox": null }],
    ["accepts a SHA-256 checksum", image({ checksum: "0".repeat(64) })],
    ["accepts a SHA-512 checksum", image({ checksum: "0".repeat(128) })],
    [
      "rejects one digit less",
      image({ checksum: "0".repeat(63) }),
      "lab:proxmox.image.checksum: is 63 hexadecimal digits",
    ],
    [
      "rejects one digit more",
      image({ checksum: "0".repeat(129) }),
      "lab:proxmox.image.checksum: is 129 hexadecimal digits",
    ],
    [
      "reports the URL and the checksum",
      image({ url: "https://example.org/latest/debian.qcow2", checksum: "0".repeat(32) }),
      'lab:proxmox.image.url: names "latest"',
      "lab:proxmox.image.checksum: is an MD5 checksum",
    ],
  ]);

  test("shows the value of a wrong URL, and not of one with a credential (C5)", () => {
    const [first] = systemImage(configWith(image({ url: "https://example.org/latest/debian.qcow2" })));
    expect(first).toMatchObject({ lesson: "P3", value: '"https://example.org/latest/debian.qcow2"' });
    const signed = "https://example.org/build-7/debian.qcow2?X-Amz-Signature=0123456789abcdef";
    const [second] = systemImage(configWith(image({ url: signed })));
    expect(second).toMatchObject({ lesson: "C5" });
    expect(second).not.toHaveProperty("value");
  });

  test("shows a wrong checksum of up to 40 digits in full, and the begin of a longer one", () => {
    const shown = (digits: number) => systemImage(configWith(image({ checksum: "0".repeat(digits) })))[0];
    expect(shown(40)).toMatchObject({ lesson: "P3", value: `"${"0".repeat(40)}"` });
    expect(shown(41)).toMatchObject({
      value: `"${"0".repeat(40)}…"`,
      fix: expect.stringContaining("SHA256SUMS"),
    });
  });
});

describe("the release of K3s (K4)", () => {
  test("reports a release with a known fault, with its value and fix", () => {
    const [found, ...others] = versions(configWith({ "lab:cluster": { version: "v1.35.0+k3s3" } }));
    expect(found).toMatchObject({
      path: "lab:cluster.version",
      value: '"v1.35.0+k3s3"',
      lesson: "K4",
      message: expect.stringContaining("has a known fault"),
      fix: expect.stringContaining("or a later release"),
    });
    expect(others).toEqual([]);
  });

  testEdges(versions, [["accepts a release that every component supports", {}]]);
});
