// A rebuild while Docker Hub refuses every connection (I3), and one whose mirror lacks an image.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imagesBeforeRegistry, k3sImages } from "../config/imageSources.ts";
import { readStackFile } from "../config/source.ts";
import { extras, messageOf, type OpenedLab, openLab } from "./openLab.ts";

describe("the whole homelab while Docker Hub refuses every connection (I3)", () => {
  let opened: OpenedLab;
  beforeAll(async () => {
    opened = await openLab({
      extras,
      policies: false,
      change: ({ registries }) => registries.refuseDockerHub(),
    });
    await opened.stack.up();
  });
  afterAll(async () => await opened.close());

  const from = (image: string) =>
    opened.simulator.images.pulls.filter((pull) => pull.image === image).map((pull) => pull.from);

  test("is created without a pull from Docker Hub", () => {
    const { pulls } = opened.simulator.images;
    expect(pulls.length).toBeGreaterThan(60);
    expect(pulls.filter((pull) => /docker\.io/.test(pull.from))).toEqual([]);
  });

  test("pulls every image that the lab's own registry needs before the registry runs", () => {
    for (const image of imagesBeforeRegistry(opened.lab)) {
      expect(from(image), image).not.toEqual([]);
      expect(from(image).join(), image).not.toContain("127.0.0.1");
    }
  });

  test("takes the images of K3s from the archive on every node", () => {
    for (const image of k3sImages)
      expect(from(image).filter((one) => one === "archive")).toHaveLength(opened.lab.nodes.length);
  });

  test("pulls Longhorn from a public mirror once, and then from other nodes", () => {
    const manager =
      imagesBeforeRegistry(opened.lab).find((image) => image.includes("longhorn-manager")) ?? "";
    expect(
      from(manager)
        .toSorted()
        .filter((one) => !one.startsWith("node ")),
    ).toEqual(["mirror.gcr.io"]);
  });
});

test("rejects a mirror that lacks an image, with image and node, before K3s is installed (I3)", async () => {
  const { stack, simulator, close } = await openLab({
    policies: false,
    change: ({ registries }) => {
      registries.refuseDockerHub();
      registries.lack("mirror.gcr.io", "longhornio/longhorn-engine");
    },
  });
  try {
    const message = await messageOf(stack.up());
    expect(message).toMatch(
      /REFUSED \(I3\): images of (server|worker)-\d \(VLAN 120\): docker\.io\/longhornio\/longhorn-engine:v\S+ cannot be pulled: mirror\.gcr\.io: not found, registry-1\.docker\.io: remote error: tls: handshake failure/,
    );
    expect(message).toContain("fix: add a mirror that has them to lab:cluster.mirrors");
    expect(simulator.images.pulls).toEqual([]);
  } finally {
    await close();
  }
});

test("pulls from a mirror by IP address with a login, and keeps its password secret (C5)", async () => {
  const mirror = "10.64.10.20:5000";
  const { cluster } = readStackFile("test/reference.yaml").values as { cluster: object };
  const { stack, simulator, close } = await openLab({
    policies: false,
    values: {
      cluster: {
        ...cluster,
        mirrors: { "docker.io": [`https://${mirror}`] },
        registryConfigs: { [mirror]: { username: "puller" } },
      },
    },
    change: ({ registries }) => registries.refuseDockerHub(),
  });
  try {
    let output = "";
    await stack.up({
      onOutput: (text) => {
        output += text;
      },
    });
    expect(simulator.images.pulls.map(({ from }) => from)).toContain(mirror);
    expect(`${output}${stack.stateText()}`).not.toContain("planted-mirror-password");
  } finally {
    await close();
  }
});
