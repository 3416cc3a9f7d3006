import { expect, test } from "vitest";
import { describeBreach } from "../lessonPolicy.ts";
import {
  breachesOf,
  deployment,
  describePolicy,
  guestCommand,
  machine,
  resource,
  unknown,
} from "../testing/testing.ts";
import { credentials } from "./credentials.ts";

const connection = { host: "10.88.145.190", user: "lab", privateKey: unknown, hostKey: unknown };
const command = (change: object) =>
  resource("command:remote:Command", { connection, create: "sudo uptime", ...change }, { name: "step" });

describePolicy(credentials, {
  good: [
    command({}),
    guestCommand("verify-cpu.sh", { CONFIG_PATH: "lab:nodes.one" }),
    // What the real provider makes of a connection that is not known yet.
    command({ connection: { host: "", port: 22, user: "root" } }),
    command({ create: 'TOKEN="$1" /opt/join' }),
    machine(),
    // What a Terraform core makes of a field that was not given.
    machine("k3s-worker01", (vm) => (vm.initialization.userAccount = null)),
    resource("pulumi:providers:proxmoxve", {
      endpoint: "https://pve:8006",
      apiToken: unknown,
      password: null,
    }),
    deployment({
      env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }],
    }),
  ],
  broken: [
    [
      "a password on a connection",
      [command({ connection: { ...connection, password: unknown } })],
      "connection.password",
    ],
    [
      "a host that is believed",
      [command({ connection: { host: "10.1.1.1", user: "lab" } })],
      "connection.hostKey",
    ],
    ["sshpass", [command({ create: "sshpass -f file ssh k3s@10.88.145.192" })], "step.create", "sshpass"],
    ["a token in a command", [command({ update: "K3S_TOKEN=planted sh install.sh" })], "step.update"],
    [
      "a private key in a command",
      [command({ delete: "echo '-----BEGIN OPENSSH PRIVATE KEY-----'" })],
      "step.delete",
    ],
    ["a URL with a password", [command({ create: "curl https://root:planted@pve/" })], "step.create"],
    [
      "a secret in the environment",
      [command({ environment: { B2_KEY: "x", API_TOKEN: "y" } })],
      "environment.API_TOKEN",
    ],
    [
      "a machine with a password",
      [
        machine(
          "k3s-worker01",
          (vm) => (vm.initialization.userAccount = { username: "root", password: unknown }),
        ),
      ],
      "userAccount.password",
    ],
    [
      "a provider that believes any certificate",
      [resource("pulumi:providers:proxmoxve", { insecure: "true" })],
      "insecure",
    ],
    [
      "a provider with a password",
      [resource("pulumi:providers:proxmoxve", { password: unknown })],
      "password",
    ],
    [
      "a credential in a pod",
      [deployment({ env: [{ name: "DB_PASSWORD", value: "planted" }] })],
      "env.DB_PASSWORD",
    ],
    [
      "a credential in a ConfigMap",
      [resource("kubernetes:core/v1:ConfigMap", { data: { url: "x", client_secret: "planted" } })],
      "data.client_secret",
    ],
  ],
});

test("no message repeats the credential it found", () => {
  const resources = [
    command({ update: "K3S_TOKEN=planted sh install.sh" }),
    deployment({ env: [{ name: "DB_PASSWORD", value: "planted" }] }),
  ];
  const messages = breachesOf(credentials, resources).map((breach) => describeBreach(credentials, breach));
  expect(messages).toHaveLength(2);
  expect(messages.join()).not.toContain("planted");
});
