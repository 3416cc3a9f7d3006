// `pulumi up` without a policy pack, on the real engine: only the program itself runs the policies.

import command from "@pulumi/command";
import kubernetes from "@pulumi/kubernetes";
import pulumi from "@pulumi/pulumi";
import tls from "@pulumi/tls";
import { describe, expect, test } from "vitest";
import { componentTypes } from "../catalog/componentTypes.ts";
import { engineConfiguration, type SecretOutputs } from "../components/engineConfiguration.ts";
import { messageOf, openLab } from "../rehearsal/openLab.ts";
import { guard } from "./guard.ts";

const file = "test/fixtures/valid/minimal.yaml";

class Declared extends pulumi.ComponentResource {
  constructor(type: string, name: string, inputs: object, opts?: pulumi.ComponentResourceOptions) {
    super(type, name, inputs, opts);
    this.registerOutputs({});
  }
}

/** A lab on the real engine whose program calls `guard`. */
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
  new Declared(componentTypes.cluster, "cluster", {
    version: "v1.36.2+k3s1",
    kubeletDirectory: "/var/lib/kubelet",
    disabled: ["traefik", "servicelb"],
    servers: names,
  });
const count = (text: string, part: string) => text.split(part).length - 1;

describe("guard without a policy pack, on the real engine", () => {
  test("rejects a program at preview and at up, before it creates a resource", async () => {
    const { stack, close } = await openGuarded(() => {
      key();
      servers("one", "two");
      // P2 and N11 are stack policies, which a pack runs only after an update has changed the stack.
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
      let printed = 0;
      for (const operation of [stack.preview, stack.up]) {
        const message = await messageOf(operation());
        expect(message).toContain(
          "the policies reject the stack homelab, and no resource was created or changed",
        );
        expect(message).toContain("[mandatory] k1-server-count (lab:k3s:Cluster: cluster)");
        printed = count(message, "cluster.servers = 2: is not an odd number of three or more (K1)");
        expect(printed).toBeGreaterThan(0);
        expect(message).toContain("fix: set role: server on three or five nodes");
        expect(message).toContain("[mandatory] p2-one-release");
        expect(message).not.toMatch(/^\s+at .*:\d+/m);
      }
      expect(stack.resources().map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
      // A pack adds nothing, since the program registers no resource. The CLI can print an error more than once.
      const both = await messageOf(stack.preview({ policies: true }));
      expect(count(both, "cluster.servers = 2: is not an odd number of three or more (K1)")).toBe(printed);
      expect(both).not.toContain("can't run policy");
    } finally {
      await close();
    }
  });

  test("accepts a violation that the stack exempts", async () => {
    const exemptions = [{ lesson: "K1", name: "cluster", reason: "two more servers are ordered" }];
    const { stack, close } = await openGuarded(() => servers("one"), { exemptions });
    try {
      expect((await stack.up()).summary.result).toBe("succeeded");
    } finally {
      await close();
    }
  });

  test("prints one warning for a policy that reads an unknown value, with and without a pack", async () => {
    const { stack, close } = await openGuarded(() => {
      new Declared(componentTypes.cluster, "cluster", {
        version: key().publicKeyOpenssh,
        kubeletDirectory: "/var/lib/kubelet",
        disabled: ["traefik", "servicelb"],
        servers: ["one", "two", "three"],
      });
    });
    try {
      const bare = (await stack.preview()).stdout;
      expect(bare).toMatch(
        /warning: \[advisory\] k2-k3s-version\s+k2-k3s-version: cannot be evaluated before `up`/,
      );
      const both = (await stack.preview({ policies: true })).stdout;
      expect(count(both, "p3-pinned-versions: cannot be evaluated")).toBe(1);
      expect(both).not.toContain("can't run policy");
    } finally {
      await close();
    }
  });

  test("checks inputs that are known only at up, before that resource is created", async () => {
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
      expect(await messageOf(stack.preview())).toBe("the operation succeeded");
      const message = await messageOf(stack.up());
      expect(message).toContain("the policies reject careless, and it was not created or changed");
      expect(message).toContain(
        "careless.connection.hostKey: is not set, so the connection accepts any host key (C5)",
      );
      expect(message).not.toContain("planted-password");
      expect(stack.resources().some(({ urn }) => urn.endsWith("::careless"))).toBe(false);
      expect(simulator.journal.of("careless")).toEqual([]);
    } finally {
      await close();
    }
  });
});

describe("--target on an incomplete stack, on the real engine", () => {
  test("fails with the missing resource, and creates none", async () => {
    const { stack, close, simulator } = await openLab({ file, policies: false });
    try {
      expect(await messageOf(stack.preview())).toBe("the operation succeeded");
      // The targets can be created. Their dependents cannot be computed without the rest of the lab.
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
      // An update without targets completes the stack. After that, --target works.
      await stack.up();
      const again = await stack.up({ target: ["**pulumi:providers:proxmoxve::*"] });
      expect(Object.keys(again.summary.resourceChanges ?? {})).toEqual(["same"]);
    } finally {
      await close();
    }
  });
});
