// A bare `pulumi up` is judged, on the real engine: without a pack nothing but the program itself judges it.

import command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import { describe, expect, test } from "vitest";
import { engineConfiguration, type SecretOutputs } from "../components/engineConfiguration.ts";
import { clusterType } from "../components/k3s/changes.ts";
import { messageOf, openLab } from "../rehearsal/openLab.ts";
import { guard } from "./guard.ts";

const file = "test/fixtures/valid/minimal.yaml";

class Declared extends pulumi.ComponentResource {
  constructor(type: string, name: string, inputs: object, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, inputs, opts);
    this.registerOutputs({});
  }
}

/** A small lab on the real engine, whose program judges itself. */
async function openGuarded(
  build: (secrets: SecretOutputs) => void,
  values: Readonly<Record<string, unknown>> = {},
) {
  return await openLab({
    file,
    policies: false,
    values,
    program: async () => {
      const { lab, secrets } = engineConfiguration();
      const advised = await guard(lab, build);
      new Declared("lab:index:Lab", "homelab", { advised });
      build(secrets);
    },
  });
}

const key = () => new tls.PrivateKey("key", { algorithm: "ED25519" }, { protect: true });
const servers = (...names: string[]) =>
  new Declared(clusterType, "cluster", {
    version: "v1.36.2+k3s1",
    kubeletDirectory: "/var/lib/kubelet",
    disabled: ["traefik", "servicelb"],
    servers: names,
  });
const count = (text: string, part: string) => text.split(part).length - 1;

describe("the program without a pack, on the real engine", () => {
  test("is refused at preview and by up before it creates anything", async () => {
    const { stack, close } = await openGuarded(() => {
      key();
      servers("one", "two");
      // P2 and N11 judge the stack as a whole, which a pack does only after an update has changed it.
      const provider = new kubernetes.Provider("cluster", { kubeconfig: "{}" });
      for (const name of ["one", "two"])
        new kubernetes.helm.v3.Release(
          name,
          {
            name,
            chart: "cilium",
            version: "1.20.0",
            namespace: "kube-system",
            timeout: 600,
            atomic: true,
            cleanupOnFail: true,
          },
          { provider },
        );
    });
    try {
      let said = 0;
      for (const operation of [stack.preview, stack.up]) {
        const message = await messageOf(operation());
        expect(message).toContain(
          "the policies refuse the stack homelab, and no resource was created or changed",
        );
        expect(message).toContain("[mandatory] k1-server-count (lab:k3s:Cluster: cluster)");
        said = count(message, "cluster.servers = 2 is no odd number of three or more (K1)");
        expect(said).toBeGreaterThan(0);
        expect(message).toContain("fix: make three nodes servers");
        expect(message).toContain("[mandatory] p2-one-release");
        expect(message).not.toMatch(/^\s+at .*:\d+/m);
      }
      expect(stack.resources().map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
      // A pack adds nothing, since none of it reaches the pack. How often this host shows an error is its own affair.
      const both = await messageOf(stack.preview({ policies: true }));
      expect(count(both, "cluster.servers = 2 is no odd number of three or more (K1)")).toBe(said);
      expect(both).not.toContain("can't run policy");
    } finally {
      await close();
    }
  });

  test("passes with what the stack exempts", async () => {
    const exemptions = [{ lesson: "K1", name: "cluster", reason: "two more servers are to come" }];
    const { stack, close } = await openGuarded(() => servers("one"), { exemptions });
    try {
      expect((await stack.up()).summary.result).toBe("succeeded");
    } finally {
      await close();
    }
  });

  test("prints what a policy cannot decide as a warning, once, with and without a pack", async () => {
    const { stack, close } = await openGuarded(() => {
      new Declared(clusterType, "cluster", {
        version: key().publicKeyOpenssh,
        kubeletDirectory: "/var/lib/kubelet",
        disabled: ["traefik", "servicelb"],
        servers: ["one", "two", "three"],
      });
    });
    try {
      const bare = (await stack.preview()).stdout;
      expect(bare).toMatch(/warning: \[advisory\] k2-k3s-version\s+k2-k3s-version cannot decide before `up`/);
      const both = (await stack.preview({ policies: true })).stdout;
      expect(count(both, "p3-pinned-versions cannot decide")).toBe(1);
      expect(both).not.toContain("can't run policy");
    } finally {
      await close();
    }
  });

  test("is judged again by what only up knows, before that resource is created", async () => {
    const { stack, close, simulator } = await openGuarded(() => {
      const host = key().publicKeyOpenssh.apply(() => "10.2.0.11");
      new command.remote.Command("careless", {
        connection: pulumi
          .secret(host)
          .apply((name) => ({ host: name, user: "lab", password: "planted-password" })),
        create: "true",
      });
    });
    try {
      expect(await messageOf(stack.preview())).toBe("it was not refused");
      const message = await messageOf(stack.up());
      expect(message).toContain("the policies refuse careless, and it was not created or changed");
      expect(message).toContain("careless.connection.hostKey is missing, so any host would be believed (C5)");
      expect(message).not.toContain("planted-password");
      expect(stack.resources().some(({ urn }) => urn.endsWith("::careless"))).toBe(false);
      expect(simulator.journal.of("careless")).toEqual([]);
    } finally {
      await close();
    }
  });
});

describe("--target on a stack that is not complete, on the real engine", () => {
  test("is refused with the resource that is missing, and creates none", async () => {
    const { stack, close, simulator } = await openLab({ file, policies: false });
    try {
      expect(await messageOf(stack.preview())).toBe("it was not refused");
      // What is targeted can be created, and what depends on the rest of the lab cannot be computed.
      const target = ["**lab:index:Lab::homelab", "**lab:proxmox:Proxmox::proxmox"];
      for (const operation of [stack.preview, stack.up]) {
        const message = await messageOf(operation({ target }));
        expect(message).toMatch(
          /error: urn:\S+: \S+ \(\S+\) is not in the stack yet, and --target or --exclude leaves it out/,
        );
        expect(message).toContain(
          "fix: run `npx pulumi up` without --target and --exclude until the stack is complete",
        );
        expect(message).not.toMatch(/TypeError|Unhandled exception|error serializing property/);
      }
      expect([...simulator.hosts.values()].map(({ machines }) => machines.size)).toEqual([0]);
      // Without targets the stack is completed, and a target is then an update as any other.
      await stack.up();
      const again = await stack.up({ target: ["**pulumi:providers:proxmoxve::*"] });
      expect(Object.keys(again.summary.resourceChanges ?? {})).toEqual(["same"]);
    } finally {
      await close();
    }
  });
});
