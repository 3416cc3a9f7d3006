import { describe, expect, test } from "vitest";
import { backupStore } from "./backupStore.ts";
import type { LabConfig } from "./schema.ts";

const storeAt = (endpoint: string) =>
  backupStore({
    stack: "lab",
    config: {
      backup: { bucket: "lab-backup", endpoint, region: "eu-central-003", generation: 2 },
    } as unknown as LabConfig,
  });

describe("the backup store", () => {
  test("uses a separate folder for each generation of a lab and each system", () => {
    const { folder } = storeAt("https://s3.example.net");
    expect(folder("velero")).toBe("lab/2/velero");
    expect(folder("velero", 1)).toBe("lab/1/velero");
  });

  test.each([
    ["https://s3.example.net", "s3.example.net", 443],
    ["https://s3.example.net:443/", "s3.example.net", 443],
    ["https://store.example.net:9000", "store.example.net:9000", 9000],
    ["https://[fd00::1]:9000", "[fd00::1]:9000", 9000],
  ])("reads the host and the port of %s", (endpoint, host, port) =>
    expect(storeAt(endpoint)).toMatchObject({ host, port }),
  );
});
