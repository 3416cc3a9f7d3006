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

describe("the images that a node pulls in advance", () => {
  test("begin with those for joining and for the network", () => {
    expect([...nodeImages(lab, server).keys()][0]).toBe(images.kubeVip);
    expect(reasons(server)).toEqual(["joining", "network", "network"]);
    expect(joiningImages(worker)).toEqual([]);
  });

  test("include those of the lab's Longhorn release on nodes with disks", () => {
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

  test("end with the big images, on one node only (I4)", () => {
    expect(reasons(worker).at(-1)).toBe("big");
    expect(count(other, "big")).toBe(0);
  });

  test("include those of the stack file on every node, each image once", () => {
    const prePull = ["registry.example.org/one:1.0", images.kubeVip];
    const more = { ...lab, config: { ...lab.config, cluster: { ...lab.config.cluster, prePull } } };
    expect(count(server, "configured", more)).toBe(1);
    expect(count(worker, "configured", more)).toBe(2);
  });
});
