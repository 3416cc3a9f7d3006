import { expect, test } from "vitest";
import { formatDiagnostic as describeProblem } from "../../config/diagnostic.ts";
import type { VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { type ApiAnswers, apiProblems, idProblems, judge } from "./apiChecks.ts";
import { ApiRefusal, type AskApi } from "./hostApi.ts";
import { privileges } from "./privileges.ts";

const lab = readLab("lab", readStackFile("test/fixtures/valid/minimal.yaml"));
const tokenId = "pulumi@pve!homelab";
const ready: ApiAnswers = {
  version: "8.4.0",
  permissions: { "/": Object.fromEntries(privileges.map(({ name }) => [name, 1])) },
  hosts: ["pve"],
  datastores: { pve: { local: ["iso", "import", "snippets"], fast: ["images"] } },
};
const found = (answers: Partial<ApiAnswers>) =>
  judge(lab, tokenId, { ...ready, ...answers })
    .map(describeProblem)
    .join("\n");

test("a host that is ready", () => expect(found({})).toBe(""));

test.each([
  ["8.3.9", "runs Proxmox VE 8.3.9"],
  ["7.4-17", "runs Proxmox VE 7.4-17"],
  ["unknown", "runs Proxmox VE unknown"],
])("refuses Proxmox VE %s", (version, words) => {
  expect(found({ version })).toContain(words);
  expect(found({ version })).toContain("8.4 or later");
});

test.each(["8.4.1", "9.0.11"])("accepts Proxmox VE %s", (version) => expect(found({ version })).toBe(""));

test("names a datastore without the content type, and the command that adds it", () =>
  expect(found({ datastores: { pve: { local: ["iso", "import"], fast: ["images"] } } })).toBe(
    "lab:proxmox.hosts.pve.datastores.local.content = iso,import: the datastore does not hold the content type snippets on the host\n" +
      "  fix: run on the host: pvesm set local --content iso,import,snippets",
  ));

test("names a datastore that is not there, once per content type", () => {
  const problems = judge(lab, tokenId, { ...ready, datastores: { pve: { local: ["import", "snippets"] } } });
  expect(problems.map(({ path, value }) => `${path}: ${value}`)).toEqual([
    "lab:proxmox.hosts.pve.datastores.fast.content: no such datastore on the host",
  ]);
});

test("a datastore that the token cannot see is reported as the missing privilege", () => {
  const { "Datastore.AllocateSpace": _, ...rest } = ready.permissions["/"] ?? {};
  const problems = judge(lab, tokenId, { ...ready, permissions: { "/": rest }, datastores: { pve: {} } });
  expect(problems.map(({ path }) => path)).toEqual(["lab:proxmoxApiToken"]);
});

test("names a host that the cluster does not have", () =>
  expect(found({ hosts: ["pve1", "pve2"], datastores: {} })).toContain(
    "lab:proxmox.hosts.pve: is not a host of this Proxmox cluster, which has pve1, pve2",
  ));

const failing = async (error: Error) => {
  const ask: AskApi = () => Promise.reject(error);
  const problems = await apiProblems(lab, tokenId, ask);
  return problems.map(describeProblem).join("\n");
};
const withCode = (code: string) => Object.assign(new Error(`said ${code}`), { code });

test.each([
  [
    new ApiRefusal(401, "no such token 'homelab' for user 'pulumi@pam'"),
    "lab:proxmoxApiToken = pulumi@pve!homelab: the host refuses the token: no such token",
  ],
  [new ApiRefusal(501, "Method 'GET /' not implemented"), "lab:proxmox.endpoint = https://10.1.0.5:8006"],
  [withCode("SELF_SIGNED_CERT_IN_CHAIN"), "the certificate is not trusted: said"],
  [withCode("DEPTH_ZERO_SELF_SIGNED_CERT"), "the certificate is not trusted: said"],
  [withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "the certificate is not trusted: said"],
  [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), "the certificate is not trusted: said"],
  [withCode("CERT_HAS_EXPIRED"), "the certificate is not trusted: said"],
  [withCode("ECONNREFUSED"), "the API cannot be reached: said ECONNREFUSED"],
  [withCode("ETIMEDOUT"), "the API cannot be reached: said ETIMEDOUT"],
])("an API that answers %s", async (error, words) => {
  const message = await failing(error);
  expect(message).toContain(words);
  expect(message).toContain("fix: ");
});

const taken = lab.nodes[0] as VirtualNode;
const idOf = async (guests: object[]) => {
  const ask: AskApi = async (path) => {
    if (path.startsWith("cluster/nextid")) throw new ApiRefusal(400, "Parameter verification failed.");
    return guests;
  };
  return (await idProblems(taken, ask)).map(describeProblem).join("\n");
};

test("an id that is free", async () => expect(await idProblems(taken, async () => "111")).toEqual([]));

test.each([
  [[{ vmid: 111, name: "router", node: "pve2" }], "the id is taken by router on pve2"],
  [[{ vmid: 112, name: "router", node: "pve2" }], "the id is taken by a guest that the token may not see"],
])("an id that is taken, among the guests %j", async (guests, words) =>
  expect(await idOf(guests)).toContain(`lab:nodes.one.vm.id = 111: ${words}`),
);

test("an API that does not answer is not an id that is taken", async () =>
  await expect(idProblems(taken, async () => Promise.reject(new ApiRefusal(500, "broken")))).rejects.toThrow(
    "broken",
  ));
