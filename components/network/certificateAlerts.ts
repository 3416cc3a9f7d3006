import type { Alert } from "../monitoring.ts";

const expiry = "certmanager_certificate_expiration_timestamp_seconds";

/** A certificate that does not exist yet expires at zero, and is told of as not ready. */
const expiresWithin = (days: number) => `${expiry} - time() < ${days} * 86400 and ${expiry} > 0`;

/** A certificate that nobody renews: cert-manager begins with it a third of its generation before its end, at a month. */
export const certificateAlerts: readonly Alert[] = [
  {
    name: "CertificateNotRenewed",
    expression: expiresWithin(14),
    minutes: 60,
    severity: "warning",
    lesson: "T1",
    summary:
      "The certificate {{ $labels.namespace }}/{{ $labels.name }} ends in {{ $value | humanizeDuration }}, and should have been renewed",
    runbook: "runbooks/certificate.md",
  },
  {
    name: "CertificateEnds",
    expression: expiresWithin(3),
    minutes: 10,
    severity: "critical",
    lesson: "T1",
    summary:
      "The certificate {{ $labels.namespace }}/{{ $labels.name }} ends in {{ $value | humanizeDuration }}",
    runbook: "runbooks/certificate.md",
  },
  {
    name: "CertificateNotReady",
    expression: 'certmanager_certificate_ready_status{condition="True"} == 0',
    minutes: 30,
    severity: "warning",
    lesson: "T1",
    summary: "The certificate {{ $labels.namespace }}/{{ $labels.name }} is not ready",
    runbook: "runbooks/certificate.md",
  },
];
