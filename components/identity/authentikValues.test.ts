import { describe, expect, test } from "vitest";
import { authentikEnvironment, authentikValues } from "./authentikValues.ts";
import { databaseCluster, databaseName } from "./database.ts";

const environment = Object.fromEntries(
  authentikEnvironment("lab.home.arpa").map(({ name, value }) => [name, value]),
);

describe("the settings of Authentik", () => {
  test("name the database's read-write service of CloudNativePG", () => {
    expect(environment.AUTHENTIK_POSTGRESQL__HOST).toBe(`${databaseCluster}-rw.authentik.svc.cluster.local`);
    expect(environment.AUTHENTIK_POSTGRESQL__NAME).toBe(databaseName);
    expect(environment.AUTHENTIK_POSTGRESQL__USER).toBe(databaseName);
  });

  test("contain no secret; the chart reads them from a Secret (C5)", () => {
    expect(Object.keys(environment).filter((name) => /PASSWORD|SECRET|TOKEN/.test(name))).toEqual([]);
    expect(authentikValues("lab.home.arpa").authentik).toEqual({
      existingSecret: { secretName: "authentik" },
    });
  });

  test("disable requests to the internet, and access to the Kubernetes API", () => {
    expect(environment).toMatchObject({
      AUTHENTIK_ERROR_REPORTING__ENABLED: "false",
      AUTHENTIK_DISABLE_STARTUP_ANALYTICS: "true",
      AUTHENTIK_DISABLE_UPDATE_CHECK: "true",
      AUTHENTIK_AVATARS: "initials",
    });
    const { server, worker, serviceAccount } = authentikValues("lab.home.arpa");
    expect([server, worker].map((part) => part.automountServiceAccountToken)).toEqual([false, false]);
    expect(serviceAccount.create).toBe(false);
  });

  test("contain the public address", () => {
    expect(environment.AUTHENTIK_WEB__BASE_URL).toBe("https://auth.lab.home.arpa");
  });
});
