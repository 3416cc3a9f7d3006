// The real CoreDNS with the lab's zone, built from its Go module with the plugins that the zone uses. A guest test because
// it needs Go and a port.
import { Resolver } from "node:dns/promises";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readLab } from "../../config/read.ts";
import { readStackFile } from "../../config/source.ts";
import { buildGo, whyNoGo } from "../../guest/testing/goProgram.ts";
import { type Server, startServer } from "../../guest/testing/server.ts";
import { coreDnsCustom } from "./coreDns.ts";

const plugins = ["bind", "errors", "hosts", "template"];
const source = {
  name: "coredns",
  version: "v1.12.4",
  module: "github.com/coredns/coredns",
  main: `package main

import (
${plugins.map((name) => `\t_ "github.com/coredns/coredns/plugin/${name}"\n`).join("")}
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
)

func main() {
	dnsserver.Directives = []string{${plugins.map((name) => `"${name}"`).join(", ")}}
	coremain.Run()
}
`,
};
const missing = whyNoGo(source);
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const lab = readLab("homelab", readStackFile("test/reference.yaml"));
const [address, port] = ["127.88.0.53", 5353];

describe.skipIf(missing !== undefined)("the real CoreDNS with the lab's zone (N7)", () => {
  let folder: string;
  let coreDns: Server | undefined;
  const resolver = new Resolver({ timeout: 2000, tries: 3 });

  beforeAll(async () => {
    const program = await buildGo(source);
    folder = mkdtempSync(join(tmpdir(), "homelab-coredns-"));
    const zone = coreDnsCustom(lab)["lab.server"] ?? "";
    // The port and address of the test; everything else is as in the cluster.
    writeFileSync(join(folder, "Corefile"), zone.replace(":53 {", `:${port} {\n    bind ${address}`));
    const url = `${address}:${port}`;
    resolver.setServers([url]);
    coreDns = await startServer(
      { name: "CoreDNS", command: program, args: ["-conf", join(folder, "Corefile")] },
      {
        url,
        serves: () =>
          resolver.resolve4("lab.example.net").then(
            () => true,
            () => false,
          ),
        seconds: 60,
      },
    );
  });
  afterAll(async () => {
    await coreDns?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ["lab.example.net", "10.64.20.199"],
    ["grafana.lab.example.net", "10.64.20.199"],
    ["a.deep.name.lab.example.net", "10.64.20.199"],
    ["GRAFANA.Lab.Example.Net", "10.64.20.199"],
    ["api.lab.example.net", "10.64.20.197"],
  ])("resolves %s to %s", async (name, expected) =>
    expect(await resolver.resolve4(name)).toEqual([expected]),
  );

  test.each<[string, () => Promise<unknown>]>([
    ["AAAA", () => resolver.resolve6("grafana.lab.example.net")],
    ["TXT", () => resolver.resolveTxt("_acme-challenge.lab.example.net")],
  ])("answers NODATA for %s of an existing name", async (_, ask) =>
    // ENODATA: the name exists. With ENOTFOUND a client would stop resolving it.
    expect(await ask().catch((error: NodeJS.ErrnoException) => error.code)).toBe("ENODATA"),
  );

  test("refuses a name that only ends like the lab's domain", async () =>
    expect(
      await resolver.resolve4("otherlab.example.net").catch((error: NodeJS.ErrnoException) => error.code),
    ).toBe("EREFUSED"));
});
