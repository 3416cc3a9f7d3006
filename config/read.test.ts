import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeholderSecrets } from "../plan/placeholders.ts";
import { ConfigurationRefused } from "./diagnostic.ts";
import { neededSecrets, readLab, readSecrets } from "./read.ts";
import { readStackFile } from "./source.ts";

const source = readStackFile("test/reference.yaml");
const lab = readLab("homelab", source);

function refusalOf(run: () => unknown): ConfigurationRefused {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationRefused) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("secrets", () => {
  test("report every missing secret at once, each with the command that sets it", () => {
    const { diagnostics, message } = refusalOf(() => readSecrets(lab, source));
    expect(diagnostics.map(({ path }) => path)).toEqual(neededSecrets(lab).map((key) => `lab:${key}`));
    expect(message).toContain("pulumi config set --secret lab:sshPrivateKey");
  });

  test("accept placeholders, which have the same form", () =>
    expect(() => readSecrets(lab, { ...source, secrets: placeholderSecrets() })).not.toThrow());

  test.each(neededSecrets(lab))("reject a malformed %s without showing it", (key) => {
    const secrets = { ...placeholderSecrets(), [key]: "planted malformed value" };
    const { diagnostics, message } = refusalOf(() => readSecrets(lab, { ...source, secrets }));
    expect(diagnostics).toMatchObject([{ path: `lab:${key}`, lesson: "C5" }]);
    expect(message).not.toContain("planted");
  });

  describe("of mirrors", () => {
    const mirrored = readStackFile("test/fixtures/valid/tiers-and-shares.yaml");
    const withLogin = readLab("it", mirrored);
    const refusal = (mirrorPasswords: string) =>
      refusalOf(() =>
        readSecrets(withLogin, { ...mirrored, secrets: { ...placeholderSecrets(), mirrorPasswords } }),
      );

    test("are required for a mirror with a login only", () => {
      expect(neededSecrets(withLogin)).toContain("mirrorPasswords");
      expect(neededSecrets(lab)).not.toContain("mirrorPasswords");
    });

    test("have a placeholder for every mirror with a user name", () => {
      const secrets = placeholderSecrets(withLogin);
      expect(readSecrets(withLogin, { ...mirrored, secrets }).mirrorPasswords).toContain("10.1.0.9:5000");
    });

    test("are reported missing by the host of the mirror, without showing the others (C5)", () => {
      const { diagnostics, message } = refusal('{"other.lab": "planted password"}');
      expect(diagnostics).toMatchObject([{ path: "lab:mirrorPasswords", lesson: "C5" }]);
      expect(message).toContain("has no password for 10.1.0.9:5000");
      expect(message).not.toContain("planted");
    });

    test("are rejected if they are not a map (C5)", () =>
      expect(refusal("planted password").message).toMatch(/is not a map in JSON(?!.*planted)/s));
  });

  test("do not include the Proxmox token in a lab of existing hosts", () =>
    expect(neededSecrets({ ...lab, nodes: [] })).not.toContain("proxmoxApiToken"));
});

describe("any value in any field", () => {
  const paths: (string | number)[][] = [];
  const collect = (value: unknown, path: (string | number)[]) => {
    if (typeof value !== "object" || value === null) paths.push(path);
    else
      for (const [key, inner] of Object.entries(value))
        collect(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  collect(source.values, []);

  test("is accepted, or rejected with a fix, without another error", () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.oneof(
          fc.constant(undefined),
          fc.integer(),
          fc.string(),
          fc.boolean(),
          fc.constant(null),
          fc.constant({}),
          fc.constant([]),
        ),
        (path, junk) => {
          const values = structuredClone(source.values) as Record<string | number, unknown>;
          const parent = path
            .slice(0, -1)
            .reduce((at, part) => at[part] as Record<string | number, unknown>, values);
          parent[path.at(-1) ?? ""] = junk;
          try {
            readLab("homelab", { ...source, values: values as Record<string, unknown> });
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigurationRefused);
            const { diagnostics } = error as ConfigurationRefused;
            expect(diagnostics.length).toBeGreaterThan(0);
            for (const diagnostic of diagnostics) expect(diagnostic.fix).not.toBe("");
          }
        },
      ),
      { numRuns: 400 },
    ));
});
