import { unknownCheckingProxy } from "@pulumi/policy";
import { machineArgs } from "../../components/proxmox/machineArgs.ts";
import type { VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import type { PolicedResource } from "../lessonPolicy.ts";

/** The engine's marker of a value that is unknown before `up`. Reading it through the SDK's proxy throws. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource as a policy receives it. Any input can be `unknown`. */
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

/** The lab of the fixtures. Its virtual machines are `one`, `two`, `three` (servers) and `four` (an agent with a disk). */
export const lab = readLab("minimal", readStackFile("test/fixtures/valid/minimal.yaml"));

/**
 * A virtual machine as the program declares it. Inputs that are unknown before `up` are unknown. `change` edits the
 * inputs.
 */
export function machine(
  nodeName = "four",
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

/** A K3s cluster component. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function cluster(change: Record<string, any> = {}): PolicedResource {
  return resource(
    "lab:k3s:Cluster",
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

/** A command that runs a guest script. Its connection is unknown, as at a first preview. */
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

/** A valid Helm release. */
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

/** A Kubernetes object by API group, version and kind, such as `core/v1:Service`. `name` is the Pulumi name. */
// biome-ignore lint/suspicious/noExplicitAny: tests write values of the wrong type on purpose
export function object(module: string, metadata: any, rest: object, name?: string): PolicedResource {
  return resource(`kubernetes:${module}`, { metadata, ...rest }, name === undefined ? {} : { name });
}

/** A valid release of Cilium with the Gateway API enabled. `values.gatewayAPI` is merged key by key. */
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

/** An HTTPRoute on the HTTPS listener of `gateway/lab`. Its default backend is `jellyfin:8096` in its namespace. */
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

/** The HTTPRoute that redirects the HTTP listener of `gateway/lab` to HTTPS. */
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
