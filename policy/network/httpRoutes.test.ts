import { expect, test } from "vitest";
import { unknownValue } from "../queries/known.ts";
import { httpRoute, resource, unknown } from "../testing/resources.ts";
import { attachmentsOf, httpRoutesOf, redirects } from "./httpRoutes.ts";

const attachments = (...parentRefs: unknown[]) => attachmentsOf(httpRoute("app", { parentRefs }));

test("returns the HTTPRoutes among resources", () => {
  const route = httpRoute("app");
  expect(httpRoutesOf([resource("kubernetes:core/v1:Service", {}), route])).toEqual([route]);
});

test.each<[string, object, object]>([
  [
    "a listener of a Gateway",
    { namespace: "gateway", name: "lab", sectionName: "https" },
    { namespace: "gateway", name: "lab", section: "https" },
  ],
  [
    "a Gateway in the namespace of the route",
    { name: "lab" },
    { namespace: "media", name: "lab", section: undefined },
  ],
  ["a port", { name: "lab", port: 443 }, { namespace: "media", name: "lab", section: unknownValue }],
  [
    "an explicit kind",
    { kind: "Gateway", name: "lab" },
    { namespace: "media", name: "lab", section: undefined },
  ],
])("reads the attachment of a parentRef with %s", (_what, parentRef, attachment) =>
  expect(attachments(parentRef)).toEqual([attachment]),
);

test("omits parents that are not Gateways, and keeps those of unknown kind", () => {
  expect(attachments({ kind: "Service", name: "jellyfin" })).toEqual([]);
  expect(attachments({ kind: unknown, name: "lab" })).toHaveLength(1);
  expect(attachments(unknown)).toHaveLength(1);
});

test.each<[string, unknown, boolean, boolean]>([
  ["a redirect to HTTPS", [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }], true, true],
  ["a redirect to HTTP", [{ type: "RequestRedirect", requestRedirect: { scheme: "http" } }], true, false],
  ["a redirect to another path", [{ type: "RequestRedirect", requestRedirect: {} }], true, false],
  ["another filter", [{ type: "URLRewrite" }], false, false],
  ["no filter", [], false, false],
  ["an unknown filter", [unknown], true, true],
])("recognizes in a rule with %s a redirect, and one to HTTPS", (_what, filters, any, https) => {
  const rule = resource("it", { filters }).props;
  expect(redirects(rule)).toBe(any);
  expect(redirects(rule, "https")).toBe(https);
});
