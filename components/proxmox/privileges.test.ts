import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { hasPrivilege, missingPrivileges, type Permissions, pathsOf, privileges } from "./privileges.ts";

const lab = readLab("lab", readStackFile("test/fixtures/valid/minimal.yaml"));
const role = Object.fromEntries(privileges.map(({ name }) => [name, 1]));
const missing = (permissions: Permissions) =>
  missingPrivileges(lab, permissions).map(({ privilege, paths }) => `${privilege.name} ${paths.join(" ")}`);

/** The role on the paths in docs/how-to/proxmox.md, with the datastores of the fixture. */
const documented: Permissions = {
  "/vms": role,
  "/storage/local": role,
  "/storage/fast": role,
  "/nodes": role,
  "/sdn/zones/localnetwork": role,
};

test("accepts the documented role on the documented paths", () => expect(missing(documented)).toEqual([]));

test("accepts the documented role on /, which the simulator grants", () =>
  expect(missing({ "/": role })).toEqual([]));

test.each(privileges.map(({ name }) => name))("reports %s as missing from a role without it", (name) => {
  const { [name]: _, ...rest } = role;
  expect(missing({ "/": rest }).map((line) => line.split(" ")[0])).toEqual([name]);
});

test("accepts Sys.Audit and Sys.Modify on / instead of Sys.AccessNetwork, but not one of them alone", () => {
  const { "Sys.AccessNetwork": _, ...rest } = role;
  expect(missing({ "/": { ...rest, "Sys.Audit": 1, "Sys.Modify": 1 } })).toEqual([]);
  expect(missing({ "/": { ...rest, "Sys.Modify": 1 } })).toEqual(["Sys.AccessNetwork /nodes/pve"]);
});

test("names every path without a privilege once", () =>
  expect(missing({ ...documented, "/storage/fast": {} })).toEqual(["Datastore.AllocateSpace /storage/fast"]));

test("lists the permission paths of a lab", () => {
  expect(pathsOf(lab, "machines").toSorted()).toEqual(["/vms/111", "/vms/112", "/vms/113", "/vms/114"]);
  expect(pathsOf(lab, "disks")).toEqual(["/storage/fast"]);
  expect(pathsOf(lab, "files")).toEqual(["/storage/local"]);
  expect(pathsOf(lab, "bridges")).toEqual(["/sdn/zones/localnetwork/vmbr0"]);
});

test.each([
  ["on the path itself", { "/vms/100": { a: 1 } }, true],
  ["on the path itself, not inherited by its children", { "/vms/100": { a: 0 } }, true],
  ["on the parent, inherited", { "/vms": { a: 1 } }, true],
  ["on the parent, not inherited", { "/vms": { a: 0 } }, false],
  ["on the root, inherited", { "/": { a: 1 } }, true],
  ["on the root, with an entry of its own on the parent", { "/": { a: 1 }, "/vms": { b: 1 } }, false],
  ["on a path with the same beginning", { "/vms/10": { a: 1 } }, false],
  ["nowhere", {}, false],
])("evaluates a privilege that is granted %s", (_where, permissions, expected) =>
  expect(hasPrivilege(permissions as Permissions, "/vms/100", "a")).toBe(expected),
);
