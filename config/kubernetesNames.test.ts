import { describe, expect, test } from "vitest";
import { kubeletAccepts, labelKeyForm, labelValueForm, taintForm, taintIdentity } from "./kubernetesNames.ts";

const name = (length: number) => "n".repeat(length);
const prefix = (length: number) => `${"p".repeat(length - 2)}.p`;

describe("the form of label keys", () => {
  test.each([
    "a",
    "A.b_c-9",
    name(63),
    `p/${name(63)}`,
    `${prefix(253)}/a`,
    "kubernetes.io/hostname",
    "9.9/9",
  ])("accepts %s", (key) => expect(key).toMatch(labelKeyForm));
  test.each([
    "",
    name(64),
    `p/${name(64)}`,
    `${prefix(254)}/a`,
    "/a",
    "p/",
    "p/q/r",
    "-a",
    "a-",
    "P/a",
    "p_q/a",
    ".p/a",
    "p./a",
    "a b",
    "ä",
    "a\n",
  ])("rejects %j", (key) => expect(key).not.toMatch(labelKeyForm));
});

describe("the form of label values", () => {
  test.each(["", "a", "A.b_c-9", name(63)])("accepts %j", (value) => expect(value).toMatch(labelValueForm));
  test.each([name(64), "-a", "a-", "a/b", "a b", "a="])("rejects %j", (value) =>
    expect(value).not.toMatch(labelValueForm),
  );
});

describe("the form of taints", () => {
  test.each([
    ["a:NoSchedule", "a:NoSchedule"],
    ["a=:NoExecute", "a:NoExecute"],
    ["p.q/a=b:PreferNoSchedule", "p.q/a:PreferNoSchedule"],
  ])("accepts %s with the identity %s", (taint, identity) => {
    expect(taint).toMatch(taintForm);
    expect(taintIdentity(taint)).toBe(identity);
  });
  test.each([
    "a",
    "a=b",
    "a:noschedule",
    "a:NoSchedule-",
    "=b:NoSchedule",
    "a=b=c:NoSchedule",
    `a=${name(64)}:NoSchedule`,
    "a/b/c:NoSchedule",
  ])("rejects %s", (taint) => expect(taint).not.toMatch(taintForm));
});

describe("the kubelet", () => {
  test.each([
    "rack",
    "lab.home/rack",
    "storage",
    "node.longhorn.io/create-default-disk",
    "notkubernetes.io/a",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/rack",
    "custom.node.kubernetes.io/rack",
    "kubelet.kubernetes.io/rack",
  ])("accepts the label %s", (key) => expect(kubeletAccepts(key)).toBe(true));
  test.each([
    "node-role.kubernetes.io/worker",
    "node-restriction.kubernetes.io/rack",
    "kubernetes.io/rack",
    "k8s.io/rack",
    "rack.k8s.io/a",
    "topology.kubernetes.io/rack",
    "notnode.kubernetes.io/rack",
  ])("rejects the label %s", (key) => expect(kubeletAccepts(key)).toBe(false));
});
