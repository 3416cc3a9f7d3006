import { describe, expect, test } from "vitest";
import type { Node } from "../config/lab.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { longhornVersions } from "./charts.ts";
import { images } from "./images.ts";
import { joiningImages, nodeImages } from "./nodeImages.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const [server, worker, other] = [lab.servers[0], lab.agents[0], lab.agents[1]] as [Node, Node, Node];
const reasons = (node: Node, of = lab) => [...nodeImages(of, node).values()];
const count = (node: Node, reason: string, of = lab) =>
  reasons(node, of).filter((one) => one === reason).length;

describe("what a node pulls ahead", () => {
  test("begins with what the next member waits for, and what the network is made of", () => {
    expect([...nodeImages(lab, server).keys()][0]).toBe(images.kubeVip);
    expect(reasons(server)).toEqual(["joining", "network", "network"]);
    expect(joiningImages(worker)).toEqual([]);
  });

  test("is Longhorn's where there are disks, of the release that the lab runs", () => {
    expect(count(worker, "storage")).toBe(5);
    expect(count(server, "storage")).toBe(0);
    for (const longhornVersion of longhornVersions) {
      const older = {
        ...lab,
        config: { ...lab.config, storage: { ...lab.config.storage, longhornVersion } },
      };
      expect(count(worker, "storage", older)).toBe(5);
      expect([...nodeImages(older, worker).keys()].join()).toContain(`longhorn-manager:v${longhornVersion}`);
    }
  });

  test("is what is big, on one node alone, and last (I4)", () => {
    expect(reasons(worker).at(-1)).toBe("big");
    expect(count(other, "big")).toBe(0);
  });

  test("is on every node what the file names, each image once", () => {
    const prePull = ["registry.example.org/one:1.0", images.kubeVip];
    const more = { ...lab, config: { ...lab.config, cluster: { ...lab.config.cluster, prePull } } };
    expect(count(server, "configured", more)).toBe(1);
    expect(count(worker, "configured", more)).toBe(2);
  });
});
