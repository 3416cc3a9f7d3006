import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { containerSecurityContext, hardenedContainer, podSecurityContext } from "./hardened.ts";

describe("podSecurityContext", () => {
  test("requires a user other than root and the runtime's seccomp profile", () =>
    expect(podSecurityContext()).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    }));

  test("uses one number as user, group and group of the volumes", () =>
    expect(podSecurityContext(1000)).toMatchObject({ runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 }));

  test("sets only the ids that are given one by one", () =>
    expect(podSecurityContext({ runAsUser: 26, supplementalGroups: [0] })).toEqual({
      runAsNonRoot: true,
      runAsUser: 26,
      supplementalGroups: [0],
      seccompProfile: { type: "RuntimeDefault" },
    }));
});

describe("containerSecurityContext", () => {
  test("drops every capability and makes the root file system read-only by default", () =>
    expect(containerSecurityContext()).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    }));

  test("adds the listed capabilities after dropping all", () =>
    expect(containerSecurityContext({ capabilities: { add: ["NET_RAW"], reason: "ARP" } })).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], add: ["NET_RAW"] },
    }));

  test("keeps everything else hardened when the root file system is writable", () =>
    expect(containerSecurityContext({ writableRootFilesystem: { reason: "it writes there" } })).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    }));
});

test("hardenedContainer adds the security context to a container", () =>
  expect(hardenedContainer({ name: "web", image: "nginx:1.29" })).toEqual({
    name: "web",
    image: "nginx:1.29",
    securityContext: containerSecurityContext(),
  }));

describe("the components", () => {
  const folder = new URL("../", import.meta.url).pathname;
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("testing/"),
  );
  const filesWith = (text: string) =>
    sources.filter((file) => readFileSync(join(folder, file), "utf8").includes(text));

  test("write a container's security context in hardened.ts only", () =>
    expect(filesWith("allowPrivilegeEscalation")).toEqual(["kubernetes/hardened.ts"]));

  test("create CiliumNetworkPolicies in networkPolicy.ts only", () =>
    expect(filesWith('"CiliumNetworkPolicy"')).toEqual(["kubernetes/networkPolicy.ts"]));
});
