import type { Alert } from "../monitoring.ts";

const expiry = "certmanager_certificate_expiration_timestamp_seconds";

/** A certificate that was never issued has the expiry 0. CertificateNotReady reports it instead. */
const expiresWithin = (days: number) => `${expiry} - time() < ${days} * 86400 and ${expiry} > 0`;

/** Certificates that cert-manager does not renew. It starts when a third of the lifetime is left: a month for 90 days. */
export const certificateAlerts: readonly Alert[] = [
  {
    name: "CertificateNotRenewed",
    expression: expiresWithin(14),
    minutes: 60,
    severity: "warning",
    lesson: "T1",
    summary:
      "Certificate {{ $labels.namespace }}/{{ $labels.name }} expires in {{ $value | humanizeDuration }} and was not renewed",
    runbook: "runbooks/certificate.md",
  },
  {
    name: "CertificateEnds",
    expression: expiresWithin(3),
    minutes: 10,
    severity: "critical",
    lesson: "T1",
    summary:
      "Certificate {{ $labels.namespace }}/{{ $labels.name }} expires in {{ $value | humanizeDuration }}",
    runbook: "runbooks/certificate.md",
  },
  {
    name: "CertificateNotReady",
    expression: 'certmanager_certificate_ready_status{condition="True"} == 0',
    minutes: 30,
    severity: "warning",
    lesson: "T1",
    summary: "Certificate {{ $labels.namespace }}/{{ $labels.name }} is not Ready",
    runbook: "runbooks/certificate.md",
  },
];
