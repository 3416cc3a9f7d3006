import { expect, test } from "vitest";
import { object, resource, unknown } from "../testing/resources.ts";
import { unknownValue } from "./known.ts";
import { describeObject, isObject, nameOf, namespaceOf, objectsOf } from "./kubernetesObjects.ts";

const route = object("gateway.networking.k8s.io/v1:HTTPRoute", { namespace: "media", name: "app" }, {}, "it");

test.each([
  ["kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", true],
  ["kubernetes:gateway.networking.k8s.io/v1beta1:HTTPRoute", true],
  ["kubernetes:gateway.networking.k8s.io/v1:HTTPRoutePatch", false],
  ["kubernetes:gateway.networking.k8s.io.example/v1:HTTPRoute", false],
  ["kubernetes:core/v1:HTTPRoute", false],
  ["other:gateway.networking.k8s.io/v1:HTTPRoute", false],
])("recognizes the type %s as an HTTPRoute: %s", (type, expected) =>
  expect(isObject(resource(type, {}), "gateway.networking.k8s.io", "HTTPRoute")).toBe(expected),
);

test("returns the objects of a group and kind", () =>
  expect(objectsOf([route, object("core/v1:Service", {}, {})], "core", "Service")).toHaveLength(1));

test("returns name and namespace, the default namespace, and unknown values", () => {
  expect([nameOf(route), namespaceOf(route)]).toEqual(["app", "media"]);
  const bare = object("core/v1:Service", {}, {});
  expect([nameOf(bare), namespaceOf(bare)]).toEqual([unknownValue, "default"]);
  const later = object("core/v1:Service", { name: unknown, namespace: unknown }, {});
  expect([nameOf(later), namespaceOf(later)]).toEqual([unknownValue, unknownValue]);
});

test.each([
  [route, "HTTPRoute media/app"],
  [object("core/v1:Namespace", { name: "media" }, {}), "Namespace media"],
  [object("core/v1:Service", { namespace: unknown, name: unknown }, {}, "service"), "Service service"],
  [resource("lab:node:PreparedNode", {}, { name: "one" }), "lab:node:PreparedNode one"],
])("formats an object as text (case %#)", (each, text) => expect(describeObject(each)).toBe(text));
