import grpc from "@grpc/grpc-js";
import type plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { opened } from "../../../plan/wire.ts";
import { type Change, type Differences, isWithin } from "../differences.ts";
import type { CheckFailure, Properties } from "../fakeProvider.ts";

/** The state of a resource as the engine would store it. */
export interface State {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** A provider's answer to a diff. */
export interface Judgement {
  readonly changes: "none" | "some" | "unknown";
  readonly differences: Differences;
  readonly deleteBeforeReplace: boolean;
}

/** A provider rejected an operation. `state` is set where the resource exists nevertheless. */
export class Refusal extends Error {
  readonly state: { readonly id: string; readonly outputs: Properties } | undefined;

  constructor(message: string, state?: { readonly id: string; readonly outputs: Properties }) {
    super(message);
    this.name = "Refusal";
    this.state = state;
  }
}

type Unary = (
  request: unknown,
  callback: (error: grpc.ServiceError | null, response: unknown) => void,
) => unknown;

type Client = Record<string, Unary> & { close(): void };

/** Client of the provider protocol, as the engine is, for a real plugin or a fake provider. */
export class ProviderClient {
  readonly #client: Client;

  /** @param address HOST:PORT where the provider listens */
  constructor(address: string) {
    this.#client = new services.ResourceProviderClient(address, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": 400 * 1024 * 1024,
    }) as unknown as Client;
  }

  close(): void {
    this.#client.close();
  }

  /** @param config the provider's configuration by key; structures as JSON */
  async configure(provider: string, config: Readonly<Record<string, string>>): Promise<void> {
    const request = new messages.ConfigureRequest();
    for (const [key, value] of Object.entries(config))
      request.getVariablesMap().set(`${provider}:config:${key}`, value);
    request.setArgs(structOf(config));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    await this.#call("configure", request);
  }

  async check(
    urn: string,
    inputs: Properties,
    olds?: Properties,
  ): Promise<{ inputs: Properties; failures: CheckFailure[] }> {
    const request = new messages.CheckRequest();
    request.setUrn(urn);
    request.setNews(structOf(inputs));
    if (olds !== undefined) request.setOlds(structOf(olds));
    request.setRandomseed(Buffer.from(urn));
    const response = await this.#call<messages.CheckResponse>("check", request);
    return {
      inputs: propertiesOf(response.getInputs()),
      failures: response
        .getFailuresList()
        .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() })),
    };
  }

  async diff(urn: string, state: State, news: Properties): Promise<Judgement> {
    const request = new messages.DiffRequest();
    request.setUrn(urn);
    request.setId(state.id);
    request.setOlds(structOf(state.outputs));
    request.setOldInputs(structOf(state.inputs));
    request.setNews(structOf(news));
    const response = await this.#call<messages.DiffResponse>("diff", request);
    const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
    const changes = response.getChanges();
    const { Kind } = messages.PropertyDiff;
    const kinds = new Map<number, Change>([
      [Kind.ADD, "add"],
      [Kind.ADD_REPLACE, "add-replace"],
      [Kind.DELETE, "delete"],
      [Kind.DELETE_REPLACE, "delete-replace"],
      [Kind.UPDATE, "update"],
      [Kind.UPDATE_REPLACE, "update-replace"],
    ]);
    const detailed = [...response.getDetaileddiffMap().entries()].map(([path, detail]): [string, Change] => [
      path,
      kinds.get(detail.getKind()) ?? "update",
    ]);
    // Bridged plugins list properties without details.
    const listed = (paths: readonly string[], change: Change) =>
      paths
        .filter((path) => !detailed.some(([within]) => isWithin(within, path)))
        .map((path): [string, Change] => [path, change]);
    const bare = [
      ...listed(response.getDiffsList(), "update"),
      ...listed(response.getReplacesList(), "update-replace"),
    ];
    return {
      changes: changes === DIFF_NONE ? "none" : changes === DIFF_SOME ? "some" : "unknown",
      differences: Object.fromEntries(
        [...detailed, ...bare].toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  /** A preview creates nothing, and the id is empty. */
  async create(
    urn: string,
    inputs: Properties,
    { preview, seconds = 0 }: { preview: boolean; seconds?: number },
  ): Promise<State> {
    const request = new messages.CreateRequest();
    request.setUrn(urn);
    request.setProperties(structOf(inputs));
    request.setPreview(preview);
    request.setTimeout(seconds);
    const response = await this.#call<messages.CreateResponse>("create", request);
    return { id: response.getId(), inputs, outputs: propertiesOf(response.getProperties()) };
  }

  /** The result of a refresh, or undefined where the resource does not exist. */
  async read(urn: string, state: State): Promise<State | undefined> {
    const request = new messages.ReadRequest();
    request.setUrn(urn);
    request.setId(state.id);
    request.setInputs(structOf(state.inputs));
    request.setProperties(structOf(state.outputs));
    const response = await this.#call<messages.ReadResponse>("read", request);
    if (response.getId() === "") return undefined;
    return {
      id: response.getId(),
      inputs: propertiesOf(response.getInputs()),
      outputs: propertiesOf(response.getProperties()),
    };
  }

  async update(
    urn: string,
    state: State,
    news: Properties,
    { seconds = 0 }: { seconds?: number } = {},
  ): Promise<State> {
    const request = new messages.UpdateRequest();
    request.setUrn(urn);
    request.setId(state.id);
    request.setOlds(structOf(state.outputs));
    request.setOldInputs(structOf(state.inputs));
    request.setNews(structOf(news));
    request.setTimeout(seconds);
    const response = await this.#call<messages.UpdateResponse>("update", request);
    return { id: state.id, inputs: news, outputs: propertiesOf(response.getProperties()) };
  }

  async delete(urn: string, state: State, { seconds = 0 }: { seconds?: number } = {}): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setUrn(urn);
    request.setId(state.id);
    request.setProperties(structOf(state.outputs));
    request.setOldInputs(structOf(state.inputs));
    request.setTimeout(seconds);
    await this.#call("delete", request);
  }

  async version(): Promise<string> {
    const response = await this.#call<plugin.PluginInfo>("getPluginInfo", new empty.Empty());
    return response.getVersion();
  }

  /** @throws Refusal */
  async #call<Response>(method: string, request: unknown): Promise<Response> {
    return await new Promise((resolve, reject) => {
      const send = this.#client[method];
      if (send === undefined) throw new Error(`the protocol has no ${method}`);
      send.call(this.#client, request, (error, response) =>
        error === null ? resolve(response as Response) : reject(refusalOf(error)),
      );
    });
  }
}

function refusalOf(error: grpc.ServiceError): Refusal {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (packed === undefined) return new Refusal(error.details);
  for (const detail of status.Status.deserializeBinary(packed as Buffer).getDetailsList()) {
    const failed = detail.unpack(
      messages.ErrorResourceInitFailed.deserializeBinary,
      "pulumirpc.ErrorResourceInitFailed",
    );
    if (failed !== null)
      return new Refusal(failed.getReasonsList().join("\n") || error.details, {
        id: failed.getId(),
        outputs: propertiesOf(failed.getProperties()),
      });
  }
  return new Refusal(error.details);
}

/** The form in which properties arrived, with their secrets: a provider may rely on values that it marked secret. */
const received = new WeakMap<Properties, Properties>();

function propertiesOf(value: struct.Struct | undefined): Properties {
  const wire = (value?.toJavaScript() ?? {}) as Properties;
  const properties = opened(wire) as Properties;
  received.set(properties, wire);
  return properties;
}

function structOf(properties: Properties): struct.Struct {
  return struct.Struct.fromJavaScript(JSON.parse(JSON.stringify(received.get(properties) ?? properties)));
}
