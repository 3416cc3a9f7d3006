import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { itilServices } from "../catalog/itil.ts";
import { readLab } from "../config/read.ts";
import { readStackFile } from "../config/source.ts";
import { longhornCapacity } from "../policy/storage/longhornCapacity.ts";
import { object } from "../policy/testing/resources.ts";
import { disk, labNode, longhornClass, storage, volumeClaim } from "../policy/testing/storageResources.ts";
import { clusterCapacity } from "../policy/workloads/clusterCapacity.ts";
import type { Plan } from "./plan.ts";
import { printPlan } from "./print.ts";
import { timeline } from "./timeline.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));

const storageTitle = "Room in storage (S9)";
const podsTitle = "Room for pods (C4)";

const document = {
  stack: "homelab",
  resources: [],
  violations: [],
  errors: [],
  timeline: timeline([], () => 0),
  placeholders: [],
  images: [],
};

/** A section of a plan, and its table as rows of cells. */
function printed(title: string, change: Partial<Plan>) {
  const plan: Plan = {
    lab,
    policies: [],
    pods: [],
    storage: undefined,
    rebuild: undefined,
    document,
    ...change,
  };
  const [, body = ""] = stripVTControlCharacters(printPlan(plan)).split(`${title}\n`);
  const [section = ""] = body.split("\n\n");
  const rows = section
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .map((line) =>
      line
        .split("│")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return { rows, section };
}

test("the plan prints capacity, requests and remainder of every Longhorn tier", () => {
  const room = longhornCapacity([
    labNode("k3s1", { disks: [disk(100, "optane")] }),
    labNode("k3s2", { disks: [disk(333)] }),
    longhornClass("longhorn", 2),
    longhornClass("longhorn-optane", 1, "optane"),
    storage,
    volumeClaim("a", 10),
    volumeClaim("b", 80, { storageClassName: "longhorn-optane" }),
  ]);
  const { rows, section } = printed(storageTitle, { storage: room });
  expect(rows).toEqual([
    ["tier", "disks, GiB", "usable, GiB", "requested, GiB", "free, GiB"],
    ["disks tagged optane", "100", "70", "80", "-10"],
    ["all disks", "433", "303.1", "100", "203.1"],
  ]);
  expect(section).toContain("30 % of every disk is reserved");
  expect(section).toContain("volumes without a tag may use any disk");
});

test("the plan prints no note on tags where no disk has a tag", () => {
  const room = longhornCapacity([labNode("k3s1"), longhornClass("longhorn", 1)]);
  expect(printed(storageTitle, { storage: room }).section).not.toContain("tag");
});

test("the plan prints a note where Longhorn has no disks, and where disks are unknown", () => {
  expect(printed(storageTitle, { storage: longhornCapacity([]) }).section).toBe("no disks for Longhorn");
  expect(printed(storageTitle, { storage: undefined }).section).toBe("the disks are not known yet");
});

test("the plan prints each service of the ITIL platform with its image and node, and the disabled services", () => {
  const services = {
    "self-service-portal": { image: "portal:2.0.1" },
    "fulfillment-engine": { image: "ghcr.io/me/fulfillment:1.4.2", replicas: 3 },
    kedb: { replicas: 2 },
  };
  const itil = { registry: "registry.lab.example.net/itil", groups: ["admins"], services };
  const { rows, section } = printed("Services of the ITIL platform", {
    lab: { ...lab, config: { ...lab.config, itil } },
  });
  const row = (name: string) => rows.find(([first]) => first === name);
  expect(rows).toHaveLength(1 + itilServices.length);
  expect(row("self-service-portal")).toEqual([
    "self-service-portal",
    "cortex-service-desk",
    "registry.lab.example.net/itil/portal:2.0.1",
    "2 to 4",
    "https://self-service-portal.lab.example.net, without ai-service-desk",
  ]);
  expect(row("fulfillment-engine")?.slice(2)).toEqual([
    "ghcr.io/me/fulfillment:1.4.2",
    "3 to 6",
    "inside the cluster",
  ]);
  expect(row("kedb")).toEqual(["kedb", "cortex-itil", "off: no image", "0", ""]);
  expect(section).toContain(`2 on, ${itilServices.length - 2} off`);
});

test("the plan prints no ITIL section for a lab without the ITIL platform", () =>
  expect(
    printPlan({
      lab: { ...lab, config: { ...lab.config, itil: undefined } },
      policies: [],
      pods: [],
      storage: undefined,
      document,
      rebuild: undefined,
    }),
  ).not.toContain("ITIL"));

test("the plan prints the sum of all quotas compared with the nodes' capacity", () => {
  const quota = (name: string, hard: object) =>
    object("core/v1:ResourceQuota", { name: "quota", namespace: name }, { spec: { hard } }, name);
  const pods = clusterCapacity([
    labNode("k3s1", { role: "server", memoryMiB: 4000, cores: 2 }),
    labNode("k3s2", { memoryMiB: 10_000, cores: 5 }),
    quota("data", { "requests.memory": "9000Mi", "requests.cpu": "500m" }),
    quota("media", { memory: "1Gi" }),
  ]);
  const { rows, section } = printed(podsTitle, { pods });
  expect(rows).toEqual([
    ["what", "nodes", "usable", "promised", "free"],
    ["memory, MiB", "10000", "8800", "10024", "-1224"],
    ["cpu, cores", "5", "4.4", "0.5", "3.9"],
  ]);
  expect(section).toContain("12 % of every node is reserved for the system");
  expect(printed(podsTitle, { pods: clusterCapacity([]) }).section).toBe("no nodes");
});

test("the plan prints the duration of a rebuild by image source, compared with the shortest duration", () => {
  const { section } = printed("Timeline of a rebuild, by the model of docs/reference/timings.md", {
    rebuild: { internet: 1151.5, mirror: 966, shortest: 880 },
  });
  expect(section).toContain("with images from the Internet 19 min 12 s, from a mirror 16 min 06 s");
  expect(section).toContain("1.10 times the irreducible chain");
});
