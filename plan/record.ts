import resources, { type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import * as runtime from "@pulumi/pulumi/runtime/index.js";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import structs, { type Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { namespace } from "../config/source.ts";

/** A resource as the program requested it, before any provider has processed it. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string | null;
  /** Given by `dependsOn`, or implied by an output that an input uses. */
  readonly dependsOn: readonly string[];
  readonly protect: boolean;
  readonly deletedWith: string | null;
  /** In wire form, with secrets and unknown values in their wrappers. */
  readonly wireInputs: Readonly<Record<string, unknown>>;
}

/** The outputs of a created resource, by its type and inputs. */
export type Created = (
  type: string,
  inputs: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Runs a program on Pulumi's mock runtime as a preview: values that only a provider computes are unknown. With
 * `created` it runs as an `up` whose providers return those outputs. Returns every resource in the order of
 * registration. The run has its own runtime, so a program that is connected to an engine can record itself without a
 * message to that engine. @throws every error of the program
 */
export async function recordProgram(
  options: {
    readonly stack: string;
    /** Configuration by full key, as the engine passes it: structures as JSON. */
    readonly config: Readonly<Record<string, string>>;
    readonly secretKeys: readonly string[];
  },
  program: () => Promise<unknown>,
  created?: Created,
): Promise<RecordedResource[]> {
  const monitor = new RecordingMonitor(created);
  // `runtime.setMocks` replaces the connection of the whole process; a separate store leaves it unchanged.
  return await globalThis.asyncLocalStorage.run(new internals.LocalStore(), async () => {
    const { settings: own } = internals.getStore();
    own.monitor = monitor;
    Object.assign(own.options, {
      project: namespace,
      stack: options.stack,
      dryRun: created === undefined,
      monitorAddr: "mock",
      engineAddr: undefined,
    });
    runtime.setAllConfig({ ...options.config }, [...options.secretKeys]);
    await internals.awaitFeatureSupport();
    // A program that fails leaves pending promises in the SDK, which no code awaits.
    let failed: { readonly error: unknown } | undefined;
    await runtime.runInPulumiStack(async () => {
      try {
        return (await program()) as Record<string, unknown>;
      } catch (error) {
        failed = { error };
        return {};
      }
    });
    await internals.waitForRPCs();
    if (failed !== undefined) throw failed.error;
    return monitor.recorded;
  });
}

/** Whether the running program is being recorded, and so is connected to no engine. */
export function isRecording(): boolean {
  return settings.getMonitor() instanceof RecordingMonitor;
}

/** The monitor of a plan: it records every resource, and returns its inputs as its state. */
class RecordingMonitor extends MockMonitor {
  readonly recorded: RecordedResource[] = [];
  readonly #byUrn = new Map<string, RecordedResource>();

  readonly #created: Created | undefined;

  constructor(created: Created | undefined) {
    super({ call: ({ inputs }) => inputs, newResource: ({ inputs, id }) => ({ id, state: inputs }) });
    this.#created = created;
  }

  /**
   * Returns inputs as outputs in their wire form, which MockMonitor would decode and encode again for each resource.
   */
  override async registerResource(request: RegisterResourceRequest, callback: Registered): Promise<void> {
    const resource = toResource(request);
    // The engine passes it from parent to child.
    const inherited = this.#byUrn.get(resource.parent ?? "")?.deletedWith ?? null;
    const recorded = { ...resource, deletedWith: resource.deletedWith ?? inherited };
    this.recorded.push(recorded);
    this.#byUrn.set(resource.urn, recorded);
    const state = await this.#outputs(request);
    this.resources.set(resource.urn, { urn: resource.urn, id: null, state });
    const response = new resources.RegisterResourceResponse();
    response.setUrn(resource.urn);
    response.setId(request.getImportid() || (this.#created === undefined ? "" : `${resource.name}-id`));
    response.setObject(state);
    callback(null, response);
  }

  async #outputs(request: RegisterResourceRequest): Promise<Struct | undefined> {
    if (this.#created === undefined) return request.getObject();
    const outputs = await this.#created(
      request.getType(),
      rpc.deserializeProperties(request.getObject() ?? new structs.Struct()),
    );
    return structs.Struct.fromJavaScript(await rpc.serializeProperties("", outputs));
  }

  /** Change guards compare with a state, and a plan has no state. */
  registerResourceHook(_request: unknown, callback: (error: null, response: object) => void): void {
    callback(null, {});
  }
}

type Registered = (error: Error | null, response?: resources.RegisterResourceResponse) => void;

/** Parts of the SDK's runtime that it exports and omits from its types. */
const internals = { ...state, ...settings } as unknown as {
  LocalStore: new () => typeof globalThis.globalStore;
  getStore: () => { settings: { monitor: unknown; options: object } };
  awaitFeatureSupport: () => Promise<void>;
  waitForRPCs: () => Promise<void>;
};

/** A request as policies and the plan read it, with the URN that the engine will assign. */
export function toResource(request: RegisterResourceRequest): RecordedResource {
  const [type, name, parent] = [request.getType(), request.getName(), request.getParent() || null];
  const parentType = parent?.split("::")[2];
  // A resource without a parent gets the stack as its parent, which is not part of its type.
  const qualified =
    parentType === undefined || parentType === "pulumi:pulumi:Stack" ? type : `${parentType}$${type}`;
  return {
    urn: `urn:pulumi:${settings.getStack()}::${settings.getProject()}::${qualified}::${name}`,
    type,
    name,
    custom: request.getCustom(),
    parent,
    dependsOn: [...new Set(request.getDependenciesList())],
    protect: request.getProtect() ?? false,
    deletedWith: request.getDeletedwith() || null,
    wireInputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
  };
}
