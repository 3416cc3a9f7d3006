import { expect, test } from "vitest";
import { alertProblems } from "../kubernetes/testing/promtool.ts";
import { certificateAlerts } from "./certificateAlerts.ts";

const labels = { namespace: "gateway", name: "wildcard", issuer_name: "lab" };
const of = (metric: string, more = "") =>
  `certmanager_certificate_${metric}{namespace="gateway",name="wildcard",issuer_name="lab"${more}}`;
const ends = (seconds: number) => ({ [of("expiration_timestamp_seconds")]: `${seconds}x120` });
const ready = (value: number) => ({ [of("ready_status", ',condition="True"')]: `${value}x120` });
const day = 86_400;
const hours = 3600;

test("certificate alerts fire before a certificate expires, evaluated by promtool (T1)", async () =>
  expect(
    await alertProblems(certificateAlerts, [
      {
        what: "a certificate with a month to go",
        series: { ...ends(30 * day), ...ready(1) },
        at: 110,
        fires: [],
      },
      {
        what: "a certificate that should have been renewed",
        series: { ...ends(10 * day + 110 * 60), ...ready(1) },
        at: 110,
        fires: [
          {
            alert: "CertificateNotRenewed",
            labels,
            summary: "The certificate gateway/wildcard ends in 10d 0h 0m 0s, and should have been renewed",
          },
        ],
      },
      {
        what: "a certificate that is about to expire",
        series: { ...ends(2 * hours + 110 * 60), ...ready(1) },
        at: 110,
        fires: [
          {
            alert: "CertificateNotRenewed",
            labels,
            summary: "The certificate gateway/wildcard ends in 2h 0m 0s, and should have been renewed",
          },
          {
            alert: "CertificateEnds",
            labels,
            summary: "The certificate gateway/wildcard ends in 2h 0m 0s",
          },
        ],
      },
      {
        what: "a certificate that was never issued",
        series: { ...ends(0), ...ready(0) },
        at: 110,
        fires: [
          {
            alert: "CertificateNotReady",
            labels: { ...labels, condition: "True" },
            summary: "The certificate gateway/wildcard is not ready",
          },
        ],
      },
      {
        what: "a certificate that is being renewed",
        series: { ...ends(30 * day), ...ready(0) },
        at: 20,
        fires: [],
      },
    ]),
  ).toBe(""));
