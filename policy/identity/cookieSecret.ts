import { cookieSecretBytes, cookieSecretError } from "../../components/identity/cookieSecret.ts";
import type { Breach, LessonPolicy, PolicedResource } from "../lessonPolicy.ts";
import { unknownValue, valueAt } from "../queries/known.ts";
import { isObject } from "../queries/kubernetesObjects.ts";
import { releaseValue } from "../queries/releases.ts";
import { isProxy, proxySetting } from "./proxies.ts";

/** Its key in the Secret that the chart takes it from. */
const key = "cookie-secret";

/** No breach of it carries its value, which would be the secret (C5). */
export const cookieSecret: LessonPolicy = {
  key: "cookieSecret",
  lesson: "A1",
  description: "a cookie secret comes from a Secret, and is 16, 24 or 32 bytes once decoded",
  severity: "critical",
  fix: "leave it to ProtectedRoute, which makes one of 32 bytes and a Secret of it; values.config.existingSecret names it",
  resource: (resource) => [...byHand(resource), ...miscounted(resource)],
};

function byHand(resource: PolicedResource): Breach[] {
  if (!isProxy(resource)) return [];
  const breach = (field: string, message: string): Breach[] => [{ resource, field, message }];
  // Given is given, be it known or not; where all of the values are unknown, `up` judges.
  const value: unknown = releaseValue(resource, "config", "cookieSecret");
  const config: unknown = releaseValue(resource, "config");
  if (value !== undefined && config !== unknownValue)
    return breach(
      "values.config.cookieSecret",
      "is given by hand, where everybody sees it who sees the release",
    );
  const setting = proxySetting(resource, "cookie_secret");
  if (setting !== undefined && setting.value !== unknownValue)
    return breach(setting.field, "is given by hand, where everybody sees it who sees the release");
  return releaseValue(resource, "config", "existingSecret") === undefined
    ? breach(
        "values.config.existingSecret",
        "is missing, so the proxy would take the chart's example for its secret",
      )
    : [];
}

function miscounted(resource: PolicedResource): Breach[] {
  if (!isObject(resource, "core", "Secret")) return [];
  const plain: unknown = valueAt(resource.props, "stringData", key);
  // Plain text goes before what is encoded, also where it is not known yet.
  const encoded: unknown = plain === undefined ? valueAt(resource.props, "data", key) : undefined;
  const secret =
    typeof plain === "string" ? plain : typeof encoded === "string" ? decoded(encoded) : undefined;
  if (secret === undefined || cookieSecretError(secret) === undefined) return [];
  return [
    {
      resource,
      field: `${plain === undefined ? "data" : "stringData"}.${key}`,
      message: `is ${cookieSecretBytes(secret)} bytes, and OAuth2-Proxy starts with 16, 24 or 32 only`,
    },
  ];
}

/** The bytes of a Secret as one character each, for counting: one that is no ASCII is in no alphabet of base64. */
function decoded(data: string): string {
  return Buffer.from(data, "base64")
    .toString("latin1")
    .replace(/[\u0080-\u00ff]/g, "?");
}
