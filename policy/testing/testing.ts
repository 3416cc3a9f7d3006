import { unknownCheckingProxy } from "@pulumi/policy";
import { describe, expect, test } from "vitest";
import { lessonPage, lessons } from "../../catalog/lessons.ts";
import { clusterType } from "../../components/k3s/changes.ts";
import { machineArgs } from "../../components/proxmox/machineArgs.ts";
import type { VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { buildPolicies } from "../homelabGuard.ts";
import { type Breach, describeBreach, type LessonPolicy, type PolicedResource } from "../lessonPolicy.ts";

/** A value as the engine marks it before `up`: touching it through the proxy throws. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource as a policy gets it; `props` may hold `unknown` anywhere. */
export function resource(
  type: string,
  // biome-ignore lint/suspicious/noExplicitAny: a fixture of any provider's shape
  props: Record<string, any>,
  options: Partial<Pick<PolicedResource, "name" | "protect" | "parent" | "dependsOn">> = {},
): PolicedResource {
  const { name = "it", protect = false, ...rest } = options;
  return {
    urn: `urn:pulumi:test::lab::${type}::${name}`,
    type,
    name,
    protect,
    ...rest,
    props: unknownCheckingProxy(props),
  };
}

const lab = readLab("homelab", readStackFile("Pulumi.homelab.yaml"));

/**
 * A virtual machine of the homelab as the program makes it, with what is unknown before `up` unknown. `change` breaks
 * one thing.
 */
export function machine(
  nodeName = "k3s-worker01",
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  change: (props: any) => void = () => {},
  protect = true,
): PolicedResource {
  const node = lab.nodes.find(({ name }) => name === nodeName) as VirtualNode;
  const args = structuredClone(machineArgs(lab, node));
  const [system, ...data] = args.disks;
  const props = {
    ...args,
    disks: [{ ...system, importFrom: unknown }, ...data],
    initialization: { ...args.initialization, userDataFileId: unknown },
  };
  change(props);
  return resource("proxmoxve:index/vmLegacy:VmLegacy", props, { name: nodeName, protect });
}

/** A K3s cluster component of the homelab. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function cluster(change: Record<string, any> = {}): PolicedResource {
  return resource(
    clusterType,
    {
      version: "v1.36.2+k3s1",
      kubeletDirectory: "/var/lib/kubelet",
      podCidr: "10.42.0.0/16",
      serviceCidr: "10.43.0.0/16",
      servers: ["one", "two", "three"],
      ...change,
    },
    { name: "cluster" },
  );
}

/** A run of a guest script, its connection unknown as on a first preview. */
export function guestCommand(
  script: string,
  settings: Record<string, string>,
  name = script,
): PolicedResource {
  const run = `sudo /opt/homelab/guest/${script}`;
  const stdin = Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
  return resource(
    "command:remote:Command",
    { connection: unknown, create: run, update: run, stdin },
    { name },
  );
}

/** A Deployment with one container. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function deployment(container: Record<string, any>): PolicedResource {
  return resource("kubernetes:apps/v1:Deployment", {
    metadata: { name: "app", uid: unknown },
    spec: {
      template: {
        spec: { containers: [{ name: "app", image: "docker.io/library/redis:8.2.1", ...container }] },
      },
    },
  });
}

/** A Helm release in good order. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function release(change: Record<string, any> = {}, name?: string): PolicedResource {
  return resource(
    "kubernetes:helm.sh/v3:Release",
    {
      name: "app",
      chart: "app",
      version: "1.2.3",
      timeout: 600,
      atomic: true,
      cleanupOnFail: true,
      values: {},
      ...change,
    },
    name === undefined ? {} : { name },
  );
}

/** A Kubernetes object by its module, version and kind: `core/v1:Service`. `name` is its name in the program. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function object(module: string, metadata: any, rest: object, name?: string): PolicedResource {
  return resource(`kubernetes:${module}`, { metadata, ...rest }, name === undefined ? {} : { name });
}

/** Cilium as the gateway's implementation, in good order. Values of its Gateway API are changed one by one. */
export function cilium(
  values: { readonly gatewayAPI?: object; readonly [key: string]: unknown } = {},
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  change: Record<string, any> = {},
): PolicedResource {
  const gatewayAPI = {
    enabled: true,
    enableAlpn: true,
    enableAppProtocol: true,
    gatewayClass: { create: "true" },
    ...values.gatewayAPI,
  };
  return release(
    {
      name: "cilium",
      chart: "cilium",
      version: "1.20.0",
      namespace: "kube-system",
      values: { ...values, gatewayAPI },
      ...change,
    },
    "cilium",
  );
}

/** An HTTPRoute at a listener of `gateway/lab`; with nothing changed, to `jellyfin:8096` in its namespace. */
export function httpRoute(
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
  spec: Record<string, any> = {},
  metadata: object = {},
): PolicedResource {
  return object(
    "gateway.networking.k8s.io/v1:HTTPRoute",
    { namespace: "media", name, uid: unknown, ...metadata },
    {
      spec: {
        parentRefs: [{ namespace: "gateway", name: "lab", sectionName: "https" }],
        hostnames: [`${name}.lab.home`],
        rules: [{ backendRefs: [{ name: "jellyfin", port: 8096 }] }],
        ...spec,
      },
    },
    `${name}-route`,
  );
}

/** The route that sends the plain listener of `gateway/lab` to HTTPS. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function redirectRoute(spec: Record<string, any> = {}): PolicedResource {
  return httpRoute(
    "redirect",
    {
      parentRefs: [{ name: "lab", sectionName: "http" }],
      hostnames: undefined,
      rules: [
        { filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] },
      ],
      ...spec,
    },
    { namespace: "gateway" },
  );
}

/** All breaches of a policy over some resources, each judged alone and all together. */
export function breachesOf(policy: LessonPolicy, resources: readonly PolicedResource[]): Breach[] {
  return [
    ...(policy.resource === undefined ? [] : resources.flatMap(policy.resource)),
    ...(policy.stack?.(resources) ?? []),
  ];
}

/** What every policy has to show: metadata, a good fixture that passes, and one breach for one broken field. */
export function describePolicy(
  policy: LessonPolicy,
  fixtures: {
    readonly good: readonly PolicedResource[];
    /** What is broken, the resources, and what the one message must contain: field and value found. */
    readonly broken: readonly (readonly [string, readonly PolicedResource[], ...string[]])[];
  },
): void {
  describe(`${policy.lesson} ${policy.key}`, () => {
    test("is registered with its lesson, severity, fix and link", () => {
      expect(Object.hasOwn(lessons, policy.lesson)).toBe(true);
      for (const built of buildPolicies({}, [policy])) {
        expect(built.name).toMatch(new RegExp(`^${policy.lesson.toLowerCase()}-`));
        expect(built).toMatchObject({
          enforcementLevel: "mandatory",
          severity: policy.severity,
          remediationSteps: policy.fix,
          url: lessonPage(policy.lesson),
        });
      }
    });

    test("passes what is good", () => expect(breachesOf(policy, fixtures.good)).toEqual([]));

    test("has nothing to say of another kind of resource", () =>
      expect(breachesOf(policy, [resource("aws:s3/bucket:Bucket", { acl: unknown })])).toEqual([]));

    const broken = fixtures.broken.map(([what, resources, ...words]) => ({ what, resources, words }));
    test.each(broken)("refuses $what", ({ resources, words }) => {
      const breaches = breachesOf(policy, resources);
      expect(breaches.map(({ field }) => field)).toHaveLength(1);
      const [breach] = breaches;
      const message = breach === undefined ? "" : describeBreach(policy, breach);
      for (const word of [...words, `(${policy.lesson})`, policy.fix]) expect(message).toContain(word);
    });
  });
}
