import { expect, test } from "vitest";
import { formatDiagnostic } from "../../config/diagnostic.ts";
import type { VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { type ApiState, checkApi, checkApiState, checkVmId } from "./apiChecks.ts";
import { ApiError, type ApiGet } from "./hostApi.ts";
import { privileges } from "./privileges.ts";

const lab = readLab("lab", readStackFile("test/fixtures/valid/minimal.yaml"));
const tokenId = "pulumi@pve!homelab";
const readyState: ApiState = {
  version: "8.4.0",
  permissions: { "/": Object.fromEntries(privileges.map(({ name }) => [name, 1])) },
  hosts: ["pve"],
  datastores: { pve: { local: ["iso", "import", "snippets"], fast: ["images"] } },
};
const check = (change: Partial<ApiState>) =>
  checkApiState(lab, tokenId, { ...readyState, ...change })
    .map(formatDiagnostic)
    .join("\n");

test("accepts a Proxmox VE host that fulfils every requirement", () => expect(check({})).toBe(""));

test.each([
  ["8.3.9", "runs Proxmox VE 8.3.9"],
  ["7.4-17", "runs Proxmox VE 7.4-17"],
  ["unknown", "runs Proxmox VE unknown"],
])("rejects Proxmox VE %s", (version, words) => {
  expect(check({ version })).toContain(words);
  expect(check({ version })).toContain("8.4 or later");
});

test.each(["8.4.1", "9.0.11"])("accepts Proxmox VE %s", (version) => expect(check({ version })).toBe(""));

test("rejects a datastore without a required content type and names the command that adds it", () =>
  expect(check({ datastores: { pve: { local: ["iso", "import"], fast: ["images"] } } })).toBe(
    "lab:proxmox.hosts.pve.datastores.local.content = iso,import: the datastore does not hold the content type snippets on the host\n" +
      "  fix: run on the host: pvesm set local --content iso,import,snippets",
  ));

test("reports a missing datastore once per content type", () => {
  const diagnostics = checkApiState(lab, tokenId, {
    ...readyState,
    datastores: { pve: { local: ["import", "snippets"] } },
  });
  expect(diagnostics.map(({ path, value }) => `${path}: ${value}`)).toEqual([
    "lab:proxmox.hosts.pve.datastores.fast.content: no such datastore on the host",
  ]);
});

test("reports the missing privilege instead of a datastore that the token cannot see", () => {
  const { "Datastore.AllocateSpace": _, ...rest } = readyState.permissions["/"] ?? {};
  const diagnostics = checkApiState(lab, tokenId, {
    ...readyState,
    permissions: { "/": rest },
    datastores: { pve: {} },
  });
  expect(diagnostics.map(({ path }) => path)).toEqual(["lab:proxmoxApiToken"]);
});

test("rejects a host that is not in the Proxmox cluster", () =>
  expect(check({ hosts: ["pve1", "pve2"], datastores: {} })).toContain(
    "lab:proxmox.hosts.pve: is not a host of this Proxmox cluster, which has pve1, pve2",
  ));

const failing = async (error: Error) => {
  const get: ApiGet = () => Promise.reject(error);
  const diagnostics = await checkApi(lab, tokenId, get);
  return diagnostics.map(formatDiagnostic).join("\n");
};
const withCode = (code: string) => Object.assign(new Error(`said ${code}`), { code });

test.each([
  [
    new ApiError(401, "no such token 'homelab' for user 'pulumi@pam'"),
    "lab:proxmoxApiToken = pulumi@pve!homelab: the host rejects the token: no such token",
  ],
  [new ApiError(501, "Method 'GET /' not implemented"), "lab:proxmox.endpoint = https://10.1.0.5:8006"],
  [withCode("SELF_SIGNED_CERT_IN_CHAIN"), "the certificate is not trusted: said"],
  [withCode("DEPTH_ZERO_SELF_SIGNED_CERT"), "the certificate is not trusted: said"],
  [withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "the certificate is not trusted: said"],
  [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), "the certificate is not trusted: said"],
  [withCode("CERT_HAS_EXPIRED"), "the certificate is not trusted: said"],
  [withCode("ECONNREFUSED"), "the API cannot be reached: said ECONNREFUSED"],
  [withCode("ETIMEDOUT"), "the API cannot be reached: said ETIMEDOUT"],
])("explains an API request that fails with %s", async (error, words) => {
  const message = await failing(error);
  expect(message).toContain(words);
  expect(message).toContain("fix: ");
});

const node = lab.nodes[0] as VirtualNode;
const checkAmong = async (guests: object[]) => {
  const get: ApiGet = async (path) => {
    if (path.startsWith("cluster/nextid")) throw new ApiError(400, "Parameter verification failed.");
    return guests;
  };
  return (await checkVmId(node, get)).map(formatDiagnostic).join("\n");
};

test("accepts a VMID that is free", async () => expect(await checkVmId(node, async () => "111")).toEqual([]));

test.each([
  [[{ vmid: 111, name: "router", node: "pve2" }], "the id is taken by router on pve2"],
  [[{ vmid: 112, name: "router", node: "pve2" }], "the id is taken by a guest that the token cannot see"],
])("rejects a VMID that is in use, among the guests %j (N2)", async (guests, words) =>
  expect(await checkAmong(guests)).toContain(`lab:nodes.one.vm.id = 111: ${words}`),
);

test("passes on an API error instead of reporting the VMID as taken", async () =>
  await expect(checkVmId(node, async () => Promise.reject(new ApiError(500, "broken")))).rejects.toThrow(
    "broken",
  ));
