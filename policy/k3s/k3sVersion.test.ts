import { UnknownValueError } from "@pulumi/policy";
import { expect, test } from "vitest";
import { describePolicy, violationsOf } from "../testing/describePolicy.ts";
import { cluster, guestCommand, resource, unknown } from "../testing/resources.ts";
import { k3sVersion } from "./k3sVersion.ts";

const install = (version: string) =>
  guestCommand("install-k3s.sh", { ROLE: "agent", VERSION: version }, "four-install-k3s");

describePolicy(k3sVersion, {
  valid: [cluster(), install("v1.36.2+k3s1"), guestCommand("verify-cpu.sh", { VERSION: "1" })],
  invalid: [
    [
      "a node that installs another version",
      [cluster(), install("v1.30.13+k3s1")],
      'four-install-k3s.stdin.VERSION = "v1.30.13+k3s1": is not the version of the cluster, v1.36.2+k3s1',
    ],
    [
      "a gate that verifies another version",
      [cluster(), guestCommand("verify-k3s.sh", { VERSION: "v1.36.1+k3s1" })],
      'verify-k3s.sh.stdin.VERSION = "v1.36.1+k3s1"',
    ],
  ],
});

test("ignores the K3s version of a program without a cluster (K2)", () =>
  expect(violationsOf(k3sVersion, [install("v1.30.13+k3s1")])).toEqual([]));

test("has no result while a command is unknown (K2)", () =>
  expect(() =>
    violationsOf(k3sVersion, [cluster(), resource("command:remote:Command", { create: unknown })]),
  ).toThrow(UnknownValueError));
