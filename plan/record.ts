import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import * as runtime from "@pulumi/pulumi/runtime/index.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { namespace } from "../config/source.ts";

/** A resource as the program asked for it, before any provider has seen it. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string | null;
  /** Given by `dependsOn` or implied by an output that an input uses. */
  readonly dependsOn: readonly string[];
  readonly protect: boolean;
  readonly deletedWith: string | null;
  /** As the wire has them: secrets and unknowns in their wrappers. */
  readonly wireInputs: Readonly<Record<string, unknown>>;
}

/** The outputs of a resource that was created, by its type and its inputs. */
export type Created = (
  type: string,
  inputs: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Runs a program on Pulumi's mock runtime, as a preview: nothing that only a provider can know is known. With `created`
 * it runs as an `up` whose providers answer so. Answers with every resource in the order of registration.
 * @throws whatever the program throws.
 */
export async function recordProgram(
  options: {
    readonly stack: string;
    /** Configuration by full key, as the engine hands it over: structures as JSON. */
    readonly config: Readonly<Record<string, string>>;
    readonly secretKeys: readonly string[];
  },
  program: () => Promise<unknown>,
  created?: Created,
): Promise<RecordedResource[]> {
  const recorded: RecordedResource[] = [];
  await runtime.setMocks(
    {
      call: ({ inputs }) => inputs,
      newResource: async ({ type, inputs, id, name }) => ({
        id: id ?? `${name}-id`,
        state: created === undefined ? inputs : await created(type, inputs),
      }),
    },
    namespace,
    options.stack,
    created === undefined,
  );
  runtime.setAllConfig({ ...options.config }, [...options.secretKeys]);

  const monitor = settings.getMonitor() as unknown as {
    registerResource: RegisterResource;
    registerResourceHook: (request: unknown, callback: (error: null, response: object) => void) => void;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (error === null && response !== undefined) {
        const resource = toResource(request, response.getUrn());
        // The engine hands it down from parent to child; the mock monitor does not.
        const inherited = recorded.find(({ urn }) => urn === resource.parent)?.deletedWith ?? null;
        recorded.push({ ...resource, deletedWith: resource.deletedWith ?? inherited });
      }
      callback(error, response);
    });

  // The mock monitor announces hooks and does not take them. Guards compare with a state, and a plan has none.
  monitor.registerResourceHook = (_request, callback) => callback(null, {});

  // A program that ends in an error would leave others behind in the SDK, which nobody waits for.
  let failed: { readonly error: unknown } | undefined;
  await runtime.runInPulumiStack(async () => {
    try {
      return (await program()) as Record<string, unknown>;
    } catch (error) {
      failed = { error };
      return {};
    }
  });
  await runtime.disconnect();
  if (failed !== undefined) throw failed.error;
  return recorded;
}

type RegisterResource = (
  request: RegisterResourceRequest,
  callback: (error: Error | null, response?: { getUrn(): string }) => void,
) => Promise<void>;

function toResource(request: RegisterResourceRequest, urn: string): RecordedResource {
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent() || null,
    dependsOn: [...new Set(request.getDependenciesList())],
    protect: request.getProtect() ?? false,
    deletedWith: request.getDeletedwith() || null,
    wireInputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
  };
}
