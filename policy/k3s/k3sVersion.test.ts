import { cluster, describePolicy, guestCommand } from "../testing/testing.ts";
import { k3sVersion } from "./k3sVersion.ts";

const install = (version: string) =>
  guestCommand("install-k3s.sh", { ROLE: "agent", VERSION: version }, "worker-1-install-k3s");

describePolicy(k3sVersion, {
  good: [cluster(), install("v1.36.2+k3s1"), guestCommand("verify-cpu.sh", { VERSION: "1" })],
  broken: [
    [
      "a node with the version of before",
      [cluster(), install("v1.30.13+k3s1")],
      "worker-1-install-k3s",
      "v1.30.13+k3s1",
      "v1.36.2+k3s1",
    ],
    [
      "a check for another version",
      [cluster(), guestCommand("verify-k3s.sh", { VERSION: "v1.36.1+k3s1" })],
      "v1.36.1+k3s1",
    ],
  ],
});
