import { expect, test } from "vitest";

import { describePolicy, messagesOf, violationsOf } from "../testing/describePolicy.ts";
import { deployment, guestCommand, machine, resource, unknown } from "../testing/resources.ts";
import { credentials } from "./credentials.ts";

const connection = { host: "10.88.145.190", user: "lab", privateKey: unknown, hostKey: unknown };
const command = (change: object) =>
  resource("command:remote:Command", { connection, create: "sudo uptime", ...change }, { name: "step" });

describePolicy(credentials, {
  valid: [
    command({}),
    guestCommand("verify-cpu.sh", { CONFIG_PATH: "lab:nodes.one" }),
    // The form in which the real provider passes an unknown connection.
    command({ connection: { host: "", port: 22, user: "root" } }),
    command({ create: 'TOKEN="$1" /opt/join' }),
    machine(),
    // Providers based on Terraform set fields that are not set to null.
    machine("four", (vm) => (vm.initialization.userAccount = null)),
    resource("pulumi:providers:proxmoxve", {
      endpoint: "https://pve:8006",
      apiToken: unknown,
      password: null,
    }),
    deployment({
      env: [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }],
    }),
  ],
  invalid: [
    [
      "a connection with a password",
      [command({ connection: { ...connection, password: unknown } })],
      "step.connection.password: logs in with a password",
    ],
    [
      "a connection without a host key",
      [command({ connection: { host: "10.1.1.1", user: "lab" } })],
      "step.connection.hostKey: is not set",
    ],
    [
      "sshpass in a command",
      [command({ create: "sshpass -f file ssh k3s@10.88.145.192" })],
      "step.create: uses sshpass",
    ],
    [
      "a token in a command",
      [command({ update: "K3S_TOKEN=planted sh install.sh" })],
      "step.update: contains a credential",
    ],
    [
      "a private key in a command",
      [command({ delete: "echo '-----BEGIN OPENSSH PRIVATE KEY-----'" })],
      "step.delete: contains a private key",
    ],
    [
      "a URL with a password in a command",
      [command({ create: "curl https://root:planted@pve/" })],
      "step.create: contains a URL with a password",
    ],
    [
      "a credential in the environment of a command",
      [command({ environment: { B2_KEY: "x", API_TOKEN: "y" } })],
      "environment.API_TOKEN: passes a credential in the environment",
    ],
    [
      "a VM with a password",
      [machine("four", (vm) => (vm.initialization.userAccount = { username: "root", password: unknown }))],
      "four.initialization.userAccount.password: sets a password on the VM",
    ],
    [
      "a provider that accepts any certificate",
      [resource("pulumi:providers:proxmoxve", { insecure: "true" })],
      "it.insecure = true: accepts any certificate",
    ],
    [
      "a provider with a password",
      [resource("pulumi:providers:proxmoxve", { password: unknown })],
      "it.password: is a password, and the provider must use an API token",
    ],
    [
      "a credential in a pod specification",
      [deployment({ env: [{ name: "DB_PASSWORD", value: "planted" }] })],
      "env.DB_PASSWORD: is a credential in the pod specification",
    ],
    [
      "a credential in a ConfigMap",
      [resource("kubernetes:core/v1:ConfigMap", { data: { url: "x", client_secret: "planted" } })],
      "data.client_secret: is a credential in a ConfigMap",
    ],
  ],
});

test.each([
  ["export TOKEN=abc", 1],
  ["TOKEN=$1 run", 0],
  ['API_KEY="$KEY" run', 0],
  ["API_KEY='abc' run", 1],
  ["TOKEN= run", 0],
  ["TOKENS=3 run", 0],
  ["https://user@host/", 0],
  ["https://user:$PASS@host/", 0],
  ["-----BEGIN PUBLIC KEY-----", 0],
  ["-----BEGIN PRIVATE KEY-----", 1],
  ["mysshpassword", 0],
])("reports for the command %j %i violations (C5)", (create, count) =>
  expect(violationsOf(credentials, [command({ create })])).toHaveLength(count),
);

test.each([
  ["DB_PASSWORD", 1],
  ["db_passwd", 1],
  ["clientSecret", 1],
  ["API_KEY", 1],
  ["apikey", 1],
  ["PRIVATE_KEY", 1],
  ["TOKEN_FILE", 0],
  ["PUBLIC_KEY", 0],
])("reports for the variable %s %i violations in an environment and a ConfigMap (C5)", (name, count) => {
  const configMap = resource("kubernetes:core/v1:ConfigMap", { data: { [name]: "x" } });
  expect(violationsOf(credentials, [command({ environment: { [name]: "x" } })])).toHaveLength(count);
  expect(violationsOf(credentials, [configMap])).toHaveLength(count);
});

test("does not print the credential (C5)", () => {
  const resources = [
    command({ update: "K3S_TOKEN=planted sh install.sh" }),
    deployment({ env: [{ name: "DB_PASSWORD", value: "planted" }] }),
  ];
  const messages = messagesOf(credentials, resources);
  expect(messages).toHaveLength(2);
  expect(messages.join()).not.toContain("planted");
});
