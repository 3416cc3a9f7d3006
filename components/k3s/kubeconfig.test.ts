import { expect, test } from "vitest";
import { parse } from "yaml";
import { externalKubeconfig } from "./kubeconfig.ts";

const k3sKubeconfig = `apiVersion: v1
kind: Config
clusters:
- { name: default, cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: Q0E= } }
contexts:
- { name: default, context: { cluster: default, user: default } }
current-context: default
users:
- { name: default, user: { client-certificate-data: Q0VSVA==, client-key-data: S0VZ } }
`;
const options = { server: "https://10.88.145.197:6443", name: "homelab" };

test("externalKubeconfig replaces the API address and the name, and keeps the credentials", () =>
  expect(parse(externalKubeconfig(k3sKubeconfig, options))).toEqual({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "homelab", cluster: { server: options.server, "certificate-authority-data": "Q0E=" } },
    ],
    users: [{ name: "homelab", user: { "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ" } }],
    contexts: [{ name: "homelab", context: { cluster: "homelab", user: "homelab" } }],
    "current-context": "homelab",
  }));

test.each(["", "clusters: []", "clusters: [{ name: a }, { name: b }]", "just text"])(
  "externalKubeconfig rejects %j",
  (text) => expect(() => externalKubeconfig(text, options)).toThrow("is not a kubeconfig"),
);
