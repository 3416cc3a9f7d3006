import { expect, test } from "vitest";
import { parse } from "yaml";
import type { VirtualNode } from "../../config/lab.ts";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { userData } from "./cloudInit.ts";
import { machineArgs } from "./machineArgs.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const firstBoot = {
  hostname: "worker-1",
  user: "lab",
  authorizedKeys: ["ssh-ed25519 AAAA program", "ssh-ed25519 BBBB owner"],
  hostPrivateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
  hostPublicKey: "ssh-ed25519 CCCC",
};

test("renders the user data of a machine", () => expect(userData(firstBoot)).toMatchSnapshot());

test("renders user data as cloud-config without a password (C5)", () => {
  const text = userData(firstBoot);
  expect(text.startsWith("#cloud-config\n")).toBe(true);
  const document = parse(text) as {
    users: { lock_passwd: boolean }[];
    ssh_pwauth: boolean;
    ssh_keys: { ed25519_private: string };
  };
  expect(document.users[0]?.lock_passwd).toBe(true);
  expect(document.ssh_pwauth).toBe(false);
  expect(document.ssh_keys.ed25519_private).toBe(firstBoot.hostPrivateKey);
});

test("renders the arguments of a worker's virtual machine", () => {
  const worker = lab.nodes.find(({ name }) => name === "worker-1") as VirtualNode;
  expect(machineArgs(lab, worker)).toMatchSnapshot();
});
