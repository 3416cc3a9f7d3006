import pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import type { GuardOptions } from "../policy/guardOptions.ts";
import { type RecordedResource, toResource } from "./record.ts";
import { describeViolations, resourcePolicies, verdicts } from "./verdicts.ts";
import { hasUnknown } from "./wire.ts";

/** The part of the SDK's connection to the engine that takes registrations. */
export interface Registrar {
  registerResource: (
    request: RegisterResourceRequest,
    callback: (error: Error | null, response?: RegisterResourceResponse) => void,
  ) => unknown;
}

/**
 * Checks every registration of the running program, and ends the program at the first that must not be made:
 *
 * - The inputs of a resource break a policy. During `up` more inputs are known than at any preview, such as the
 *   connection to a machine whose host key is created in the same run.
 * - A resource does not exist yet, and `--target` or `--exclude` leaves it out. The engine answers such a registration
 *   with success and without outputs, so the program would go on with undefined values.
 *
 * After a refusal nothing more is registered.
 */
export function guardRegistrations(registrar: Registrar, options: GuardOptions): void {
  const register = registrar.registerResource.bind(registrar);
  const unconfigured = new Set<string>();
  let refusal: Error | undefined;
  registrar.registerResource = (request, callback) => {
    const resource = toResource(request);
    refusal ??= refusedByPolicy(resource, options);
    if (refusal !== undefined) throw refusal;
    if (resource.type.startsWith("pulumi:providers:") && hasUnknown(resource.wireInputs))
      unconfigured.add(resource.urn);
    return register(request, (error, response) => {
      const [provider = ""] = request.getProvider().split(/::(?=[^:]*$)/);
      if (response !== undefined && isLeftOut(request, response, unconfigured.has(provider))) {
        // Outputs become unknown, so that nothing is computed from them. Newer engines set this themselves.
        response.setUnknown(true);
        if (refusal === undefined) {
          refusal = leftOut(resource);
          // Reported even where nothing else is registered.
          void Promise.reject(refusal);
        }
      }
      callback(error, response);
    });
  };
}

/** What the policies refuse about one resource, by the inputs that are known. */
function refusedByPolicy(resource: RecordedResource, options: GuardOptions): Error | undefined {
  const { violations } = verdicts([resource], options, resourcePolicies);
  const refused = violations.filter(({ level }) => level === "mandatory");
  return refused.length === 0
    ? undefined
    : refusalOf(
        `the policies refuse ${resource.name}, and it was not created or changed:\n\n${describeViolations(refused)}`,
      );
}

/**
 * Whether the engine skipped the creation of a resource. After an update it has no id. After a preview it has no outputs
 * either, although it has inputs; without configuration its provider cannot answer with any.
 */
export function isLeftOut(
  request: RegisterResourceRequest,
  response: RegisterResourceResponse,
  unconfigured: boolean,
): boolean {
  if (response.getUnknown()) return true;
  if (!request.getCustom() || response.getId() !== "") return false;
  if (!settings.isDryRun()) return true;
  const size = (object: ReturnType<typeof request.getObject>) => object?.getFieldsMap().getLength() ?? 0;
  return !unconfigured && size(response.getObject()) === 0 && size(request.getObject()) > 0;
}

function leftOut({ name, type, urn }: RecordedResource): Error {
  return refusalOf(
    `${urn}: ${name} (${type}) is not in the stack yet, and --target or --exclude leaves it out, so the resources that depend on it cannot be computed\n  fix: run \`npx pulumi up\` without --target and --exclude until the stack is complete, it continues where it stopped; leave out --run-program with refresh and destroy`,
  );
}

/**
 * An error that is shown without a stack trace and with its own text. The SDK writes `error serializing property "x": `
 * before the message of an error for every resource that the error passes through.
 */
function refusalOf(text: string): Error {
  return Object.defineProperty(new pulumi.RunError(text), "message", { get: () => text, set: () => {} });
}
