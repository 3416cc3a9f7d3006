import { describe, expect, test } from "vitest";
import { oidcUrls, serviceUrl } from "../identity/oidc.ts";
import { claims, claimsShown, prometheusValues, retentionSizeGB } from "./prometheusValues.ts";

const url = (host: string) => serviceUrl("lab.home.arpa", host);
const urls = {
  prometheus: url("prometheus"),
  alertmanager: url("alertmanager"),
  grafana: url("grafana"),
  login: oidcUrls("lab.home.arpa", "grafana"),
};
const values = prometheusValues(urls, 1);

describe("monitoring", () => {
  test("stores its data on volumes, each with a StorageClass and a size (O3)", () => {
    const { prometheusSpec } = values.prometheus;
    const { alertmanagerSpec } = values.alertmanager;
    for (const [template, size] of [
      [prometheusSpec.storageSpec.volumeClaimTemplate, claims.prometheus],
      [alertmanagerSpec.storage.volumeClaimTemplate, claims.alertmanager],
    ] as const)
      expect(template.spec).toEqual({
        storageClassName: "longhorn",
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: `${size}Gi` } },
      });
    expect(values.grafana.persistence).toMatchObject({ enabled: true, type: "statefulset" });
    expect(claimsShown.map(({ sizeGiB }) => sizeGiB)).toEqual(Object.values(claims));
  });

  test("deletes the oldest metrics before the volume is full, with space for compaction", () => {
    expect(values.prometheus.prometheusSpec).toMatchObject({ retention: "30d", retentionSize: "16GB" });
    for (const size of [5, 20, 100]) {
      expect(retentionSizeGB(size)).toBeLessThanOrEqual(size * 0.8);
      expect(retentionSizeGB(size)).toBeGreaterThan(size * 0.5);
    }
  });

  test("selects alerts and targets of every namespace and layer", () => {
    const selectors = Object.entries(values.prometheus.prometheusSpec).filter(([key]) =>
      key.endsWith("SelectorNilUsesHelmValues"),
    );
    expect(selectors.map(([key, value]) => [key.replace(/Selector.*/, ""), value])).toEqual([
      ["rule", false],
      ["serviceMonitor", false],
      ["podMonitor", false],
      ["probe", false],
      ["scrapeConfig", false],
    ]);
  });

  test("requires authentication for the metrics of the nodes (A4)", () => {
    const exporter = values["prometheus-node-exporter"];
    expect(exporter.kubeRBACProxy.enabled).toBe(true);
    expect(exporter.prometheus.monitor).toMatchObject({
      scheme: "https",
      bearerTokenFile: expect.stringContaining("serviceaccount/token"),
    });
  });

  test("scrapes no component that K3s does not have, and has no alert about one", () => {
    const parts = ["kubeControllerManager", "kubeScheduler", "kubeProxy", "kubeEtcd"] as const;
    for (const part of parts) expect(values[part]).toEqual({ enabled: false });
    expect(Object.values(values.defaultRules.rules).every((on) => on === false)).toBe(true);
  });
});

describe("Grafana", () => {
  const login = values.grafana["grafana.ini"]["auth.generic_oauth"];

  test("has no secret in its values, and changes with the rotation in one place (C5)", () => {
    expect(JSON.stringify(values)).not.toMatch(/client_secret|client_id|admin_password|adminPassword/);
    const other = prometheusValues(urls, 2);
    expect(other).toEqual({
      ...values,
      grafana: { ...values.grafana, podAnnotations: { "lab.home/rotation": "2" } },
    });
  });

  test("redirects to the login by itself, without a password form", () => {
    expect(login).toMatchObject({ enabled: true, auto_login: true, use_pkce: true });
    expect(values.grafana["grafana.ini"].auth.disable_login_form).toBe(true);
  });

  test("uses the redirect URI that Authentik expects, and requests tokens inside the cluster (A3)", () => {
    expect(`${values.grafana["grafana.ini"].server.root_url}/login/generic_oauth`).toBe(
      "https://grafana.lab.home.arpa/login/generic_oauth",
    );
    expect([login.auth_url, login.token_url, login.api_url]).toEqual([
      "https://auth.lab.home.arpa/application/o/authorize/",
      "http://authentik-server.authentik.svc.cluster.local/application/o/token/",
      "http://authentik-server.authentik.svc.cluster.local/application/o/userinfo/",
    ]);
  });

  test("makes members of admins administrators, and every other user a viewer", () => {
    expect(login.role_attribute_path).toBe("contains(groups[*], 'admins') && 'Admin' || 'Viewer'");
    expect(login.role_attribute_strict).toBe(true);
  });
});
