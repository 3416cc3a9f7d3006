import { isDeepStrictEqual } from "node:util";
import grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { opened } from "../../plan/wire.ts";
import { type Change, differencesOf, isReplacing, isWithin, replacing } from "./differences.ts";
import {
  type FakeDiff,
  type FakeProvider,
  type FakeResource,
  type FakeState,
  hasUnknown,
  NotReady,
  type Properties,
  sealed,
  unknown,
} from "./fakeProvider.ts";

/** Fake providers that are served, each on its own port. */
export interface Served {
  /** For PULUMI_DEBUG_PROVIDERS, the engine's switch for running providers. */
  readonly debugProviders: string;
  readonly close: () => void;
}

/** Serves fake providers from this process, so that they share one simulator. */
export async function serveFakeProviders(fakeProviders: readonly FakeProvider[]): Promise<Served> {
  const served = await Promise.all(
    fakeProviders.map(async (fakeProvider) => {
      const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
      server.addService(services.ResourceProviderService, new ProviderService(fakeProvider).handlers());
      const port = await new Promise<number>((resolve, reject) =>
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        ),
      );
      return { server, entry: `${fakeProvider.name}:${port}` };
    }),
  );
  return {
    debugProviders: served.map(({ entry }) => entry).join(","),
    close: () => {
      for (const { server } of served) server.forceShutdown();
    },
  };
}

/** Implements the provider protocol for one fake provider. */
class ProviderService {
  readonly #fakeProvider: FakeProvider;

  constructor(fakeProvider: FakeProvider) {
    this.#fakeProvider = fakeProvider;
  }

  handlers(): services.IResourceProviderServer {
    const unsupported = (call: unknown, callback: (error: Partial<grpc.ServiceError>) => void) => {
      void call;
      callback({
        code: grpc.status.UNIMPLEMENTED,
        details: `the fake provider for ${this.#fakeProvider.name} does not implement this method`,
      });
    };
    return {
      handshake: unsupported,
      parameterize: unsupported,
      call: unsupported,
      construct: unsupported,
      list: (call: { end(): void }) => call.end(),
      getMapping: unsupported,
      getMappings: unsupported,
      getSchema: answer(async () => {
        const response = new messages.GetSchemaResponse();
        response.setSchema("{}");
        return response;
      }),
      getPluginInfo: answer(async () => {
        const info = new plugin.PluginInfo();
        info.setVersion(this.#fakeProvider.version);
        return info;
      }),
      attach: answer(async () => new empty.Empty()),
      cancel: answer(async () => new empty.Empty()),
      checkConfig: answer(async (request: messages.CheckRequest) => {
        const response = new messages.CheckResponse();
        response.setInputs(request.getNews());
        return response;
      }),
      diffConfig: answer(async (request: messages.DiffRequest) =>
        diff(request, this.#fakeProvider.replacedBy ?? []),
      ),
      configure: answer(async (request: messages.ConfigureRequest) => {
        const config = Object.fromEntries(
          Object.entries(propertiesOf(request.getArgs())).map(([key, value]) => [
            key,
            typeof value === "string" ? value : JSON.stringify(value),
          ]),
        );
        if (!hasUnknown(config)) this.#fakeProvider.configure?.(config);
        const response = new messages.ConfigureResponse();
        response.setSupportspreview(true);
        return response;
      }),
      invoke: unsupported,
      check: answer(async (request: messages.CheckRequest) => {
        const response = new messages.CheckResponse();
        const { check, normalize } = this.#resource(request.getUrn());
        const news = propertiesOf(request.getNews());
        response.setInputs(
          normalize === undefined
            ? request.getNews()
            : rewritten(request.getNews(), news, normalize(news, propertiesOf(request.getOlds()))),
        );
        const failures = check?.(news) ?? [];
        response.setFailuresList(
          failures.map(({ property, reason }) => {
            const failure = new messages.CheckFailure();
            failure.setProperty(property);
            failure.setReason(reason);
            return failure;
          }),
        );
        return response;
      }),
      diff: answer(async (request: messages.DiffRequest) => {
        const { diff: compare, replacedBy = [] } = this.#resource(request.getUrn());
        if (compare === undefined) return diff(request, replacedBy);
        const found = compare(stateOf(request), propertiesOf(request.getNews()));
        // The engine restores ignored inputs. Outputs that a provider compares are the provider's responsibility.
        const ignored = request.getIgnorechangesList();
        const differences = Object.entries(found.differences).filter(([path]) => !isWithin(path, ...ignored));
        return diffResponse({ ...found, differences: Object.fromEntries(differences) });
      }),
      create: answer(async (request: messages.CreateRequest) => {
        const resource = this.#resource(request.getUrn());
        const inputs = propertiesOf(request.getProperties());
        const response = new messages.CreateResponse();
        if (request.getPreview()) {
          response.setProperties(
            structOf({ ...inputs, ...unknowns(resource), ...resource.planned?.(inputs) }),
          );
          return response;
        }
        const { id, outputs } = await resource.create(inputs, request.getUrn());
        response.setId(id);
        response.setProperties(structOf(outputs));
        return response;
      }),
      read: answer(async (request: messages.ReadRequest) => {
        const response = new messages.ReadResponse();
        const { isThere, read } = this.#resource(request.getUrn());
        // An answer without an id means that the resource does not exist.
        if (isThere !== undefined && !(await isThere(request.getId(), propertiesOf(request.getProperties()))))
          return response;
        response.setId(request.getId());
        response.setProperties(request.getProperties());
        response.setInputs(request.getInputs());
        if (read === undefined) return response;
        const before = {
          inputs: propertiesOf(request.getInputs()),
          outputs: propertiesOf(request.getProperties()),
        };
        const found = await read(request.getId(), before);
        response.setInputs(rewritten(request.getInputs(), before.inputs, found.inputs));
        response.setProperties(rewritten(request.getProperties(), before.outputs, found.outputs));
        return response;
      }),
      update: answer(async (request: messages.UpdateRequest) => {
        const resource = this.#resource(request.getUrn());
        const news = propertiesOf(request.getNews());
        const olds = propertiesOf(request.getOlds());
        const response = new messages.UpdateResponse();
        const outputs = request.getPreview()
          ? { ...olds, ...news }
          : await resource.update?.(request.getId(), news, olds, request.getUrn());
        response.setProperties(structOf(outputs ?? news));
        return response;
      }),
      delete: answer(async (request: messages.DeleteRequest) => {
        await this.#resource(request.getUrn()).delete?.(
          request.getId(),
          propertiesOf(request.getProperties()),
        );
        return new empty.Empty();
      }),
    } as unknown as services.IResourceProviderServer;
  }

  #resource(urn: string): FakeResource {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const resource = this.#fakeProvider.resource(type);
    if (resource === undefined) throw new Error(`${this.#fakeProvider.name} has no resource ${type}`);
    return resource;
  }
}

/** Wraps a handler: an error is sent as its message, without a stack trace. */
function answer<Request, Response>(handle: (request: Request) => Promise<Response>) {
  return (
    call: { request: Request },
    callback: (error: Partial<grpc.ServiceError> | null, response?: Response) => void,
  ) => {
    handle(call.request).then(
      (response) => callback(null, response),
      (error: unknown) =>
        callback({
          code: grpc.status.UNKNOWN,
          details: error instanceof Error ? error.message : String(error),
          ...(error instanceof NotReady && { metadata: initFailure(error) }),
        }),
    );
  };
}

/** The protocol's error for a resource that exists although its creation failed. */
function initFailure({ id, outputs, message }: NotReady): grpc.Metadata {
  const failure = new messages.ErrorResourceInitFailed();
  failure.setId(id);
  failure.setProperties(structOf(outputs));
  failure.setReasonsList([message]);
  const packed = new any.Any();
  packed.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const details = new status.Status();
  details.setCode(grpc.status.UNKNOWN);
  details.setMessage(message);
  details.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(details.serializeBinary()));
  return metadata;
}

function unknowns(resource: FakeResource): Properties {
  return Object.fromEntries((resource.computed ?? []).map((key) => [key, unknown]));
}

/** Compares inputs; the engine has restored those in `ignoreChanges`. */
function diff(request: messages.DiffRequest, replacedBy: readonly string[]): messages.DiffResponse {
  const olds = propertiesOf(request.getOldInputs() ?? request.getOlds());
  const differences = differencesOf(olds, propertiesOf(request.getNews()));
  return diffResponse({ differences: replacing(differences, (path) => isWithin(path, ...replacedBy)) });
}

function diffResponse({ differences, deleteBeforeReplace = false }: FakeDiff): messages.DiffResponse {
  const response = new messages.DiffResponse();
  const { Kind } = messages.PropertyDiff;
  const kinds: Readonly<Record<Change, messages.PropertyDiff.Kind>> = {
    add: Kind.ADD,
    "add-replace": Kind.ADD_REPLACE,
    delete: Kind.DELETE,
    "delete-replace": Kind.DELETE_REPLACE,
    update: Kind.UPDATE,
    "update-replace": Kind.UPDATE_REPLACE,
  };
  const entries = Object.entries(differences);
  for (const [path, change] of entries) {
    const detail = new messages.PropertyDiff();
    detail.setKind(kinds[change]);
    response.getDetaileddiffMap().set(path, detail);
  }
  response.setHasdetaileddiff(true);
  response.setChanges(
    entries.length > 0
      ? messages.DiffResponse.DiffChanges.DIFF_SOME
      : messages.DiffResponse.DiffChanges.DIFF_NONE,
  );
  response.setDiffsList([...new Set(entries.map(([path]) => path.split(/[.[]/, 1)[0] ?? path))]);
  response.setReplacesList(entries.filter(([, change]) => isReplacing(change)).map(([path]) => path));
  response.setDeletebeforereplace(deleteBeforeReplace);
  return response;
}

function stateOf(request: messages.DiffRequest): FakeState {
  return {
    inputs: propertiesOf(request.getOldInputs() ?? request.getOlds()),
    outputs: propertiesOf(request.getOlds()),
  };
}

/** A message with `to` instead of `from`. Unchanged and secret values stay unchanged and secret. */
function rewritten(message: struct.Struct | undefined, from: Properties, to: Properties): struct.Struct {
  return structOf(replacedIn(message?.toJavaScript() ?? {}, from, to) as Properties);
}

function replacedIn(wire: unknown, from: unknown, to: unknown): unknown {
  if (isDeepStrictEqual(from, to)) return wire;
  if (rpc.isRpcSecret(wire)) return sealed(to);
  if (Array.isArray(wire) && Array.isArray(from) && Array.isArray(to) && from.length === to.length)
    return to.map((item, index) => replacedIn(wire[index], from[index], item));
  if (!isRecord(wire) || !isRecord(from) || !isRecord(to)) return to;
  return Object.fromEntries(
    Object.entries(to).map(([key, item]) => [
      key,
      key in wire ? replacedIn(wire[key], from[key], item) : item,
    ]),
  );
}

function isRecord(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Plain values: fake providers receive decrypted secrets, and the engine tracks which values are secret. */
function propertiesOf(value: struct.Struct | undefined): Properties {
  return opened(value?.toJavaScript() ?? {}) as Properties;
}

function structOf(properties: Properties): struct.Struct {
  // JSON drops undefined values, which a Struct cannot contain.
  return struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}
