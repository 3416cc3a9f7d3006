import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { ciliumValues } from "./ciliumValues.ts";

const labOf = (path: string) => readLab("it", readStackFile(path));
const homelab = labOf("test/reference.yaml");

test("reaches the API without the address that needs a network", () =>
  expect(ciliumValues(homelab)).toMatchObject({
    kubeProxyReplacement: true,
    k8sServiceHost: "127.0.0.1",
    k8sServicePort: 6444,
  }));

test("serves the Gateway with ALPN and app protocols, and its class without looking (N9)", () =>
  expect(ciliumValues(homelab).gatewayAPI).toEqual({
    enabled: true,
    enableAlpn: true,
    enableAppProtocol: true,
    gatewayClass: { create: "true" },
  }));

test("leaves the Gateway to Traefik where the lab says so (N11)", () =>
  expect(ciliumValues(labOf("test/fixtures/valid/traefik-and-signed-updates.yaml")).gatewayAPI).toEqual({
    enabled: false,
  }));

test("routes natively or in tunnels, and announces by ARP or by BGP", () => {
  expect(ciliumValues(labOf("test/fixtures/valid/minimal.yaml"))).toMatchObject({
    routingMode: "tunnel",
    tunnelProtocol: "vxlan",
    l2announcements: { enabled: true },
    bgpControlPlane: { enabled: false },
  });
  const native = ciliumValues(labOf("test/fixtures/valid/bgp-and-acme.yaml"));
  expect(native).toMatchObject({
    routingMode: "native",
    autoDirectNodeRoutes: true,
    ipv4NativeRoutingCIDR: "10.42.0.0/16",
    l2announcements: { enabled: false },
    bgpControlPlane: { enabled: true },
  });
  expect(native).not.toHaveProperty("tunnelProtocol");
});
