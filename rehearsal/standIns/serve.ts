import { isDeepStrictEqual } from "node:util";
import grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { opened } from "../../plan/wire.ts";
import { hasUnknown, type Properties, type StandIn, type StandInResource, unknown } from "./standIn.ts";

/** Stand-ins that are being served, each on a port of its own. */
export interface Served {
  /** For PULUMI_DEBUG_PROVIDERS, Pulumi's own switch for providers that run already. */
  readonly debugProviders: string;
  readonly close: () => void;
}

/** Serves stand-ins from this process, so that they share one simulated world. */
export async function serveStandIns(standIns: readonly StandIn[]): Promise<Served> {
  const served = await Promise.all(
    standIns.map(async (standIn) => {
      const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
      server.addService(services.ResourceProviderService, new ProviderService(standIn).handlers());
      const port = await new Promise<number>((resolve, reject) =>
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        ),
      );
      return { server, entry: `${standIn.name}:${port}` };
    }),
  );
  return {
    debugProviders: served.map(({ entry }) => entry).join(","),
    close: () => {
      for (const { server } of served) server.forceShutdown();
    },
  };
}

/** The provider protocol in front of one stand-in. */
class ProviderService {
  readonly #standIn: StandIn;

  constructor(standIn: StandIn) {
    this.#standIn = standIn;
  }

  handlers(): services.IResourceProviderServer {
    const unsupported = (call: unknown, callback: (error: Partial<grpc.ServiceError>) => void) => {
      void call;
      callback({
        code: grpc.status.UNIMPLEMENTED,
        details: `the stand-in for ${this.#standIn.name} does not do this`,
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
        info.setVersion(this.#standIn.version);
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
        diff(request, this.#standIn.replacedBy ?? []),
      ),
      configure: answer(async (request: messages.ConfigureRequest) => {
        const config = Object.fromEntries(
          Object.entries(propertiesOf(request.getArgs())).map(([key, value]) => [
            key,
            typeof value === "string" ? value : JSON.stringify(value),
          ]),
        );
        if (!hasUnknown(config)) this.#standIn.configure?.(config);
        const response = new messages.ConfigureResponse();
        response.setSupportspreview(true);
        return response;
      }),
      invoke: unsupported,
      check: answer(async (request: messages.CheckRequest) => {
        const response = new messages.CheckResponse();
        response.setInputs(request.getNews());
        const failures = this.#resource(request.getUrn()).check?.(propertiesOf(request.getNews())) ?? [];
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
      diff: answer(async (request: messages.DiffRequest) =>
        diff(request, this.#resource(request.getUrn()).replacedBy ?? []),
      ),
      create: answer(async (request: messages.CreateRequest) => {
        const resource = this.#resource(request.getUrn());
        const inputs = propertiesOf(request.getProperties());
        const response = new messages.CreateResponse();
        if (request.getPreview()) {
          response.setProperties(structOf({ ...inputs, ...unknowns(resource) }));
          return response;
        }
        const { id, outputs } = await resource.create(inputs, request.getUrn());
        response.setId(id);
        response.setProperties(structOf(outputs));
        return response;
      }),
      read: answer(async (request: messages.ReadRequest) => {
        const response = new messages.ReadResponse();
        const { isThere } = this.#resource(request.getUrn());
        // An answer without an id says that it is gone.
        if (isThere !== undefined && !(await isThere(request.getId(), propertiesOf(request.getProperties()))))
          return response;
        response.setId(request.getId());
        response.setProperties(request.getProperties());
        response.setInputs(request.getInputs());
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

  #resource(urn: string): StandInResource {
    const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const resource = this.#standIn.resource(type);
    if (resource === undefined) throw new Error(`${this.#standIn.name} has no resource ${type}`);
    return resource;
  }
}

/** Wraps a handler: what it throws is sent as its message, without a stack. */
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
        }),
    );
  };
}

function unknowns(resource: StandInResource): Properties {
  return Object.fromEntries((resource.computed ?? []).map((key) => [key, unknown]));
}

/** Compares inputs key by key; keys in `ignoreChanges` have been put back by the engine. */
function diff(request: messages.DiffRequest, replacedBy: readonly string[]): messages.DiffResponse {
  const olds = propertiesOf(request.getOldInputs() ?? request.getOlds());
  const news = propertiesOf(request.getNews());
  const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
    (key) => !key.startsWith("__") && !isDeepStrictEqual(olds[key], news[key]),
  );
  const response = new messages.DiffResponse();
  response.setChanges(
    changed.length > 0
      ? messages.DiffResponse.DiffChanges.DIFF_SOME
      : messages.DiffResponse.DiffChanges.DIFF_NONE,
  );
  response.setDiffsList(changed);
  response.setReplacesList(
    replacedBy.filter((path) => !isDeepStrictEqual(valueAt(olds, path), valueAt(news, path))),
  );
  return response;
}

function valueAt(properties: Properties, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Properties | undefined)?.[key], properties);
}

/** Plain values: a stand-in is told secrets, and the engine remembers by itself which they are. */
function propertiesOf(value: struct.Struct | undefined): Properties {
  return opened(value?.toJavaScript() ?? {}) as Properties;
}

function structOf(properties: Properties): struct.Struct {
  // JSON drops what is undefined, which a Struct cannot hold.
  return struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)));
}
