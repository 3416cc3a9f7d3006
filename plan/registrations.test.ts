import pulumi from "@pulumi/pulumi";
import resources from "@pulumi/pulumi/proto/resource_pb.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import { componentTypes } from "../catalog/componentTypes.ts";
import type { LessonId } from "../catalog/lessons.ts";
import { guardRegistrations, isSkipped, type Registrar } from "./registrations.ts";

const vm = "proxmoxve:index/vmLegacy:VmLegacy";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
type Value = structs.JavaScriptValue;

function request(
  type: string,
  inputs: Record<string, Value>,
  change: { provider?: string; custom?: boolean } = {},
) {
  const message = new resources.RegisterResourceRequest();
  message.setType(type);
  message.setName("one");
  message.setProtect(true);
  message.setCustom(change.custom ?? true);
  message.setProvider(change.provider ?? "");
  message.setObject(structs.Struct.fromJavaScript(inputs));
  return message;
}

function response(id: string, outputs: Record<string, Value>) {
  const message = new resources.RegisterResourceResponse();
  message.setUrn("urn");
  message.setId(id);
  message.setObject(structs.Struct.fromJavaScript(outputs));
  return message;
}

/** A guarded registrar whose engine returns `answer`, and the types that it has registered. */
function guarded(
  answer: resources.RegisterResourceResponse = response("1", {}),
  exempt: readonly LessonId[] = [],
) {
  const registered: string[] = [];
  const registrar: Registrar = {
    registerResource: (registration, callback) => {
      registered.push(registration.getType());
      callback(null, registration.getType().startsWith("pulumi:providers:") ? response("1", {}) : answer);
    },
  };
  guardRegistrations(registrar, { exemptions: exempt.map((lesson) => ({ lesson, reason: "a test" })) });
  const register = (registration: resources.RegisterResourceRequest) => {
    let received: resources.RegisterResourceResponse | undefined;
    registrar.registerResource(registration, (_error, response) => {
      received = response;
    });
    return received;
  };
  return { registered, register };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const preview = (on: boolean) => vi.spyOn(settings, "isDryRun").mockReturnValue(on);

describe("registration of a resource that violates a policy", () => {
  test("does not register the resource or any later one", () => {
    const { registered, register } = guarded();
    register(request(componentTypes.node, {}, { custom: false }));
    expect(() => register(request(vm, { cpu: { type: "qemu64" } }))).toThrow(
      /^the policies reject one, and it was not created or changed:\n\n\[mandatory\] c1-cpu-host \(proxmoxve:index\/vmLegacy:VmLegacy: one\)\none\.cpu\.type = "qemu64": .*\(C1\)\n {2}fix: /,
    );
    expect(() => register(request(componentTypes.node, {}, { custom: false }))).toThrow(pulumi.RunError);
    expect(registered).toEqual([componentTypes.node]);
  });

  test("registers the resource where an exemption names the lesson", () => {
    const { registered, register } = guarded(response("1", {}), ["C1", "N2", "S12"]);
    register(request(vm, { cpu: { type: "qemu64" }, networkDevices: [{ vlanId: 10 }] }));
    expect(registered).toEqual([vm]);
  });

  test("registers the resource where the value that the policy reads is unknown", () => {
    const { registered, register } = guarded();
    const command = { create: unknown, connection: unknown };
    register(request("command:remote:Command", command));
    expect(registered).toEqual(["command:remote:Command"]);
  });

  test("throws an error whose message the SDK cannot extend", () => {
    const { register } = guarded();
    try {
      register(request(vm, { cpu: { type: "qemu64" } }));
    } catch (error) {
      const { message } = error as Error;
      (error as Error).message = `error serializing property "stdin": ${message}`;
      expect((error as Error).message).toBe(message);
    }
    expect.assertions(1);
  });
});

describe("registration of a resource that the engine skips", () => {
  const password = (provider = "") =>
    request("random:index/randomPassword:RandomPassword", { length: 20 }, { provider });

  test.each([
    ["skipped: at preview without id and outputs", true, password(), response("", {}), true],
    [
      "not skipped: at preview with outputs, so to be created",
      true,
      password(),
      response("", { url: "x" }),
      false,
    ],
    ["not skipped: at preview with an id, so existing", true, password(), response("1", {}), false],
    ["skipped: after an update without id", false, password(), response("", { url: "x" }), true],
    ["not skipped: after an update with an id, so created", false, password(), response("1", {}), false],
    [
      "not skipped: a component, which never has an id",
      false,
      request(componentTypes.node, { a: 1 }, { custom: false }),
      response("", {}),
      false,
    ],
    [
      "not skipped: at preview without inputs, where it cannot have outputs either",
      true,
      request("x:y:Z", {}),
      response("", {}),
      false,
    ],
  ])("classifies a resource as %s", (_what, dryRun, registration, answer, skipped) => {
    preview(dryRun);
    expect(isSkipped(registration, answer, false)).toBe(skipped);
  });

  test("does not treat a resource as skipped at preview while its provider's configuration is unknown", () => {
    preview(true);
    expect(isSkipped(password(), response("", {}), true)).toBe(false);
    const { registered, register } = guarded(response("", {}));
    register(request("pulumi:providers:kubernetes", { kubeconfig: unknown }));
    const provider = `urn:pulumi:${settings.getStack()}::${settings.getProject()}::pulumi:providers:kubernetes::one::${unknown}`;
    register(request("kubernetes:core/v1:Namespace", { metadata: { name: "a" } }, { provider }));
    register(request(componentTypes.node, {}, { custom: false }));
    expect(registered).toHaveLength(3);
  });

  test("makes the outputs unknown, and ends the program with the resource's URN and the fix", async () => {
    preview(false);
    const ended = new Promise<Error>((resolve) => {
      process.once("unhandledRejection", (error) => resolve(error as Error));
    });
    const { registered, register } = guarded(response("", {}));
    expect(register(password())?.getUnknown()).toBe(true);
    const { message } = await ended;
    expect(message).toMatch(
      /::random:index\/randomPassword:RandomPassword::one: one \(random:index\/randomPassword:RandomPassword\) is not in the stack yet/,
    );
    expect(message).toContain("--target or --exclude leaves it out");
    expect(message).toContain("fix: run `npx pulumi up` without --target");
    expect(() => register(password())).toThrow(message);
    expect(registered).toHaveLength(1);
  });
});
