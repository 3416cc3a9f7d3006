import pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import type { GuardOptions } from "../policy/guardOptions.ts";
import { type RecordedResource, toResource } from "./record.ts";
import { formatViolations, resourcePolicies, verdicts } from "./verdicts.ts";
import { hasUnknown } from "./wire.ts";

/** The method of the SDK's resource monitor that registers a resource. */
export interface Registrar {
  registerResource: (
    request: RegisterResourceRequest,
    callback: (error: Error | null, response?: RegisterResourceResponse) => void,
  ) => unknown;
}

/**
 * Checks every registration of the running program, and ends the program at the first of these:
 *
 * - The inputs of a resource violate a policy. During `up` more inputs are known than at any preview, such as the
 *   connection to a machine whose host key is created in the same run.
 * - A resource does not exist yet, and `--target` or `--exclude` leaves it out. The engine answers such a registration
 *   with success and without outputs, so the program would continue with undefined values.
 *
 * After that no further resource is registered.
 */
export function guardRegistrations(registrar: Registrar, options: GuardOptions): void {
  const register = registrar.registerResource.bind(registrar);
  const unconfigured = new Set<string>();
  let rejection: Error | undefined;
  registrar.registerResource = (request, callback) => {
    const resource = toResource(request);
    rejection ??= rejectedByPolicy(resource, options);
    if (rejection !== undefined) throw rejection;
    if (resource.type.startsWith("pulumi:providers:") && hasUnknown(resource.wireInputs))
      unconfigured.add(resource.urn);
    return register(request, (error, response) => {
      const [provider = ""] = request.getProvider().split(/::(?=[^:]*$)/);
      if (response !== undefined && isSkipped(request, response, unconfigured.has(provider))) {
        // Unknown outputs keep the program from computing with them. Newer engines set this themselves.
        response.setUnknown(true);
        if (rejection === undefined) {
          rejection = skippedError(resource);
          // Ends the program even where it registers nothing else.
          void Promise.reject(rejection);
        }
      }
      callback(error, response);
    });
  };
}

/** The error for a resource whose known inputs violate a policy. */
function rejectedByPolicy(resource: RecordedResource, options: GuardOptions): Error | undefined {
  const { violations } = verdicts([resource], options, resourcePolicies);
  const mandatory = violations.filter(({ level }) => level === "mandatory");
  return mandatory.length === 0
    ? undefined
    : rejectionError(
        `the policies reject ${resource.name}, and it was not created or changed:\n\n${formatViolations(mandatory)}`,
      );
}

/**
 * Whether the engine skipped the creation of a resource. After an update it has no id. After a preview it has no outputs
 * either, although it has inputs. A provider without configuration returns no outputs for any resource.
 */
export function isSkipped(
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

function skippedError({ name, type, urn }: RecordedResource): Error {
  return rejectionError(
    `${urn}: ${name} (${type}) is not in the stack yet, and --target or --exclude leaves it out, so the resources that depend on it cannot be computed\n  fix: run \`npx pulumi up\` without --target and --exclude until the stack is complete, which continues where it stopped; omit --run-program with refresh and destroy`,
  );
}

/**
 * An error that is printed without a stack trace and with this text only. The SDK puts `error serializing property "x": `
 * before the message of an error for every resource that the error passes through.
 */
function rejectionError(text: string): Error {
  return Object.defineProperty(new pulumi.RunError(text), "message", { get: () => text, set: () => {} });
}
