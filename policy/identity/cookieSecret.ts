import { cookieSecretBytes, refusedCookieSecret } from "../../components/identity/cookieSecret.ts";
import type { LessonPolicy, PolicedResource, Violation } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { isObject } from "../queries/kubernetesObjects.ts";
import { releaseValue } from "../queries/releases.ts";
import { isProxy, proxySetting } from "./proxies.ts";

/** The key of the cookie secret in the Secret that the chart reads. */
const key = "cookie-secret";

/** Its violations have no value, since the value would be the secret (C5). */
export const cookieSecret: LessonPolicy = {
  key: "cookieSecret",
  lesson: "A1",
  description:
    "the cookie secret of an OAuth2-Proxy comes from a Secret, and has 16, 24 or 32 bytes once decoded",
  severity: "critical",
  remediationSteps:
    "use ProtectedRoute, which generates a cookie secret of 32 bytes and its Secret; set the name of the Secret in values.config.existingSecret",
  validateResource: (resource) => [...releaseViolations(resource), ...lengthViolations(resource)],
};

const givenInRelease = "is set in the release, where anyone with access to the release can read it";

function releaseViolations(resource: PolicedResource): Violation[] {
  if (!isProxy(resource)) return [];
  const violation = (field: string, message: string): Violation[] => [{ resource, field, message }];
  // A value that is set is a violation, known or not. Where all values are unknown, the policy has no result before `up`.
  const value: unknown = releaseValue(resource, "config", "cookieSecret");
  const config: unknown = releaseValue(resource, "config");
  if (value !== undefined && config !== unknownValue)
    return violation("values.config.cookieSecret", givenInRelease);
  const setting = proxySetting(resource, "cookie_secret");
  if (setting !== undefined && setting.value !== unknownValue)
    return violation(setting.field, givenInRelease);
  return releaseValue(resource, "config", "existingSecret") === undefined
    ? violation(
        "values.config.existingSecret",
        "is not set, so the proxy would use the chart's example as its cookie secret",
      )
    : [];
}

function lengthViolations(resource: PolicedResource): Violation[] {
  if (!isObject(resource, "core", "Secret")) return [];
  const plain: unknown = valueAt(resource.props, "stringData", key);
  // stringData has precedence over data, also where it is unknown.
  const encoded: unknown = plain === undefined ? valueAt(resource.props, "data", key) : undefined;
  const secret =
    typeof plain === "string" ? plain : typeof encoded === "string" ? decoded(encoded) : undefined;
  if (secret === undefined || refusedCookieSecret(secret) === undefined) return [];
  return [
    {
      resource,
      field: `${plain === undefined ? "data" : "stringData"}.${key}`,
      message: `has ${cookieSecretBytes(secret)} bytes, and OAuth2-Proxy requires 16, 24 or 32`,
    },
  ];
}

/** The bytes of a Secret, one character each, for counting. Bytes outside ASCII become `?`, which is not base64 either. */
function decoded(data: string): string {
  return Buffer.from(data, "base64")
    .toString("latin1")
    .replace(/[\u0080-\u00ff]/g, "?");
}
