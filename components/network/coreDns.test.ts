import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { coreDnsCustom, namesHash, recordsToMake } from "./coreDns.ts";

const lab = readLab("homelab", readStackFile("Pulumi.homelab.yaml"));

test("resolves the lab's domain to the Gateway's address (N7)", () =>
  expect(coreDnsCustom(lab)["lab.server"]).toMatchInlineSnapshot(`
    "lab.home.arpa:53 {
        errors
        hosts {
            10.88.145.197 api.lab.home.arpa
            fallthrough
        }
        template IN A lab.home.arpa {
            match ^(.+\\.)?lab\\.home\\.arpa\\.$
            answer "{{ .Name }} 60 IN A 10.88.145.199"
        }
        template IN ANY lab.home.arpa {
            rcode NOERROR
        }
    }
    "
  `));

test("recordsToMake lists the same records for the DNS server outside the cluster", () =>
  expect(recordsToMake(lab)).toEqual([
    { name: "lab.home.arpa", address: "10.88.145.199" },
    { name: "*.lab.home.arpa", address: "10.88.145.199" },
    { name: "api.lab.home.arpa", address: "10.88.145.197" },
  ]));

test("namesHash changes with the upstreams and the addresses, and with nothing else (N8)", () => {
  const { config } = lab;
  const changed = (change: object) => namesHash({ ...lab, config: { ...config, ...change } });
  expect(changed({})).toBe(namesHash(lab));
  expect(changed({ dns: { upstreams: ["9.9.9.9"] } })).not.toBe(namesHash(lab));
  expect(changed({ cluster: { ...config.cluster, ingressAddress: "10.88.145.200" } })).not.toBe(
    namesHash(lab),
  );
  expect(changed({ cluster: { ...config.cluster, version: "v1.37.0+k3s1" } })).toBe(namesHash(lab));
});
