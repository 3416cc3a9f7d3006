import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Helm repository on loopback with the chart `one` in two versions, each with a single ConfigMap. */
export interface ChartRepository {
  readonly url: string;
  readonly stop: () => void;
}

export const chartVersions = ["1.0.0", "1.1.0"] as const;

export async function startChartRepository(): Promise<ChartRepository> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-charts-"));
  const archives = new Map(chartVersions.map((version) => [`/one-${version}.tgz`, packed(folder, version)]));
  const server: Server = createServer(({ url = "" }, response) => {
    const archive = archives.get(url);
    const index = { apiVersion: "v1", entries: { one: entries([...archives.keys()]) } };
    const found = url === "/index.yaml" ? JSON.stringify(index) : archive;
    response.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function entries(archives: readonly string[]): object[] {
  return archives.map((path, index) => ({
    apiVersion: "v2",
    name: "one",
    version: chartVersions[index],
    urls: [path.slice(1)],
  }));
}

function packed(folder: string, version: string): Buffer {
  const chart = join(folder, version, "one");
  mkdirSync(join(chart, "templates"), { recursive: true });
  writeFileSync(
    join(chart, "Chart.yaml"),
    `apiVersion: v2\nname: one\nversion: ${version}\nappVersion: "7"\n`,
  );
  writeFileSync(join(chart, "values.yaml"), "colour: red\nsize: 1\n");
  writeFileSync(
    join(chart, "templates", "one.yaml"),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one-chart }\ndata: { colour: {{ .Values.colour | quote }} }\n",
  );
  const archive = join(folder, `${version}.tgz`);
  execFileSync("tar", ["-czf", archive, "-C", join(folder, version), "one"]);
  return readFileSync(archive);
}
