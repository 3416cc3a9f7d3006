import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { certManagerValues, issuerSpec } from "./issuer.ts";

const labOf = (path: string) => readLab("it", readStackFile(path));

test("a private domain is signed by the lab's own authority", () =>
  expect(issuerSpec(labOf("test/reference.yaml"))).toEqual({ ca: { secretName: "lab-authority" } }));

test("Cloudflare proves a domain by DNS, with a token from a secret, on the directory asked for", () =>
  expect(issuerSpec(labOf("test/fixtures/valid/bgp-and-acme.yaml"))).toEqual({
    acme: {
      email: "owner@example.org",
      server: "https://acme-staging-v02.api.letsencrypt.org/directory",
      privateKeySecretRef: { name: "acme-account-staging" },
      solvers: [{ dns01: { cloudflare: { apiTokenSecretRef: { name: "dns-solver", key: "token" } } } }],
    },
  }));

test("a name server of one's own proves it by signed updates", () =>
  expect(issuerSpec(labOf("test/fixtures/valid/traefik-and-signed-updates.yaml"))).toMatchObject({
    acme: {
      server: "https://acme-v02.api.letsencrypt.org/directory",
      solvers: [
        {
          dns01: {
            rfc2136: {
              nameserver: "10.1.0.53:53",
              tsigKeyName: "acme-key",
              tsigAlgorithm: "HMACSHA256",
              tsigSecretSecretRef: { name: "dns-solver", key: "token" },
            },
          },
        },
      ],
    },
  }));

test("whether a record is out is asked of the configured name servers alone (N8)", () =>
  expect(certManagerValues(labOf("test/reference.yaml"))).toMatchObject({
    dns01RecursiveNameservers: "192.0.2.53:53,198.51.100.53:53",
    dns01RecursiveNameserversOnly: true,
  }));
