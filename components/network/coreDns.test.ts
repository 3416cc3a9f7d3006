import { expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { coreDnsCustom, namesHash, recordsToMake } from "./coreDns.ts";

const lab = readLab("homelab", readStackFile("test/reference.yaml"));

test("CoreDNS answers the lab's own domain with the Gateway's address (N7)", () =>
  expect(coreDnsCustom(lab)["lab.server"]).toMatchInlineSnapshot(`
    "lab.example.net:53 {
        errors
        hosts {
            10.64.20.197 api.lab.example.net
            fallthrough
        }
        template IN A lab.example.net {
            match ^(.+\\.)?lab\\.example\\.net\\.$
            answer "{{ .Name }} 60 IN A 10.64.20.199"
        }
        template IN ANY lab.example.net {
            rcode NOERROR
        }
    }
    "
  `));

test("outside, the same records have to be made", () =>
  expect(recordsToMake(lab)).toEqual([
    { name: "lab.example.net", address: "10.64.20.199" },
    { name: "*.lab.example.net", address: "10.64.20.199" },
    { name: "api.lab.example.net", address: "10.64.20.197" },
  ]));

test("other upstreams or another address make CoreDNS start anew, and nothing else does (N8)", () => {
  const { config } = lab;
  const changed = (change: object) => namesHash({ ...lab, config: { ...config, ...change } });
  expect(changed({})).toBe(namesHash(lab));
  expect(changed({ dns: { upstreams: ["9.9.9.9"] } })).not.toBe(namesHash(lab));
  expect(changed({ cluster: { ...config.cluster, ingressAddress: "10.64.20.200" } })).not.toBe(
    namesHash(lab),
  );
  expect(changed({ cluster: { ...config.cluster, version: "v1.37.0+k3s1" } })).toBe(namesHash(lab));
});
