import pulumi from "@pulumi/pulumi";
import resources from "@pulumi/pulumi/proto/resource_pb.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LessonId } from "../catalog/lessons.ts";
import { preparedNodeType } from "../components/node/preparedNodeType.ts";
import { guardRegistrations, isLeftOut, type Registrar } from "./registrations.ts";

const vm = "proxmoxve:index/vmLegacy:VmLegacy";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
type Value = structs.JavaScriptValue;

function request(
  type: string,
  inputs: Record<string, Value>,
  change: { provider?: string; custom?: boolean } = {},
) {
  const made = new resources.RegisterResourceRequest();
  made.setType(type);
  made.setName("one");
  made.setProtect(true);
  made.setCustom(change.custom ?? true);
  made.setProvider(change.provider ?? "");
  made.setObject(structs.Struct.fromJavaScript(inputs));
  return made;
}

function response(id: string, outputs: Record<string, Value>) {
  const made = new resources.RegisterResourceResponse();
  made.setUrn("urn");
  made.setId(id);
  made.setObject(structs.Struct.fromJavaScript(outputs));
  return made;
}

/** A registrar whose engine answers with `answer`, and what has reached it. */
function guarded(
  answer: resources.RegisterResourceResponse = response("1", {}),
  exempt: readonly LessonId[] = [],
) {
  const registered: string[] = [];
  const registrar: Registrar = {
    registerResource: (asked, callback) => {
      registered.push(asked.getType());
      callback(null, asked.getType().startsWith("pulumi:providers:") ? response("1", {}) : answer);
    },
  };
  guardRegistrations(registrar, { exemptions: exempt.map((lesson) => ({ lesson, reason: "a test" })) });
  const register = (asked: resources.RegisterResourceRequest) => {
    let answered: resources.RegisterResourceResponse | undefined;
    registrar.registerResource(asked, (_error, given) => {
      answered = given;
    });
    return answered;
  };
  return { registered, register };
}

afterEach(() => {
  vi.restoreAllMocks();
});

const preview = (on: boolean) => vi.spyOn(settings, "isDryRun").mockReturnValue(on);

describe("a resource that breaks a policy", () => {
  test("does not reach the engine, and nothing after it does", () => {
    const { registered, register } = guarded();
    register(request(preparedNodeType, {}, { custom: false }));
    expect(() => register(request(vm, { cpu: { type: "qemu64" } }))).toThrow(
      /^the policies refuse one, and it was not created or changed:\n\n\[mandatory\] c1-cpu-host \(proxmoxve:index\/vmLegacy:VmLegacy: one\)\none\.cpu\.type = "qemu64" .*\(C1\)\n {2}fix: /,
    );
    expect(() => register(request(preparedNodeType, {}, { custom: false }))).toThrow(pulumi.RunError);
    expect(registered).toEqual([preparedNodeType]);
  });

  test("is registered where an exemption names its lesson", () => {
    const { registered, register } = guarded(response("1", {}), ["C1", "N2", "S12"]);
    register(request(vm, { cpu: { type: "qemu64" }, networkDevices: [{ vlanId: 10 }] }));
    expect(registered).toEqual([vm]);
  });

  test("is registered where the policed value is not known", () => {
    const { registered, register } = guarded();
    const command = { create: unknown, connection: unknown };
    register(request("command:remote:Command", command));
    expect(registered).toEqual(["command:remote:Command"]);
  });

  test("keeps the text of its refusal on the way through the SDK", () => {
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

describe("a resource that the engine leaves out", () => {
  const password = (provider = "") =>
    request("random:index/randomPassword:RandomPassword", { length: 20 }, { provider });

  test.each([
    ["has neither id nor outputs at a preview", true, password(), response("", {}), true],
    ["has outputs at a preview, so it would be created", true, password(), response("", { url: "x" }), false],
    ["has an id at a preview, so it exists", true, password(), response("1", {}), false],
    ["has no id after an update", false, password(), response("", { url: "x" }), true],
    ["has an id after an update, so it was created", false, password(), response("1", {}), false],
    [
      "is a component, which never has an id",
      false,
      request(preparedNodeType, { a: 1 }, { custom: false }),
      response("", {}),
      false,
    ],
    [
      "has no inputs at a preview, so outputs tell nothing",
      true,
      request("x:y:Z", {}),
      response("", {}),
      false,
    ],
  ])("%s", (_what, dryRun, asked, answer, left) => {
    preview(dryRun);
    expect(isLeftOut(asked, answer, false)).toBe(left);
  });

  test("cannot be told apart at a preview where its provider has no configuration yet", () => {
    preview(true);
    expect(isLeftOut(password(), response("", {}), true)).toBe(false);
    const { registered, register } = guarded(response("", {}));
    register(request("pulumi:providers:kubernetes", { kubeconfig: unknown }));
    const provider = `urn:pulumi:${settings.getStack()}::${settings.getProject()}::pulumi:providers:kubernetes::one::${unknown}`;
    register(request("kubernetes:core/v1:Namespace", { metadata: { name: "a" } }, { provider }));
    register(request(preparedNodeType, {}, { custom: false }));
    expect(registered).toHaveLength(3);
  });

  test("has unknown outputs, and ends the program with its path and the fix", async () => {
    preview(false);
    const refused = new Promise<Error>((resolve) => {
      process.once("unhandledRejection", (error) => resolve(error as Error));
    });
    const { registered, register } = guarded(response("", {}));
    expect(register(password())?.getUnknown()).toBe(true);
    const { message } = await refused;
    expect(message).toMatch(
      /::random:index\/randomPassword:RandomPassword::one: one \(random:index\/randomPassword:RandomPassword\) is not in the stack yet/,
    );
    expect(message).toContain("--target or --exclude leaves it out");
    expect(message).toContain("fix: run `npx pulumi up` without --target");
    expect(() => register(password())).toThrow(message);
    expect(registered).toHaveLength(1);
  });
});
