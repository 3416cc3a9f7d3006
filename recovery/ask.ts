/** A response over HTTP, or the reason why there is none, in a few words. */
export type Answer =
  | { readonly status: number; readonly body: string }
  | { readonly silence: Silence; readonly says: string };

/** `untrusted` is the one failure of a host that is up. */
export type Silence = "absent" | "untrusted";

/** Time limit of a request, in seconds. */
const seconds = 10;

/** Sends one request. Never throws, and its result never contains what was sent. */
export async function ask(request: Request | URL, init: RequestInit = {}): Promise<Answer> {
  const url = new URL(request instanceof Request ? request.url : request);
  try {
    const response = await fetch(request, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.timeout(seconds * 1000),
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return silenceOf(error, url.host);
  }
}

/** The meaning of a request's error. */
export function silenceOf(error: unknown, host: string): Extract<Answer, { says: string }> {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  const code = cause?.code ?? "";
  if (name === "TimeoutError" || /TIMEDOUT|TIMEOUT/.test(code))
    return { silence: "absent", says: `${host} does not answer within ${seconds} s` };
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return { silence: "absent", says: `no DNS knows ${host}` };
  if (code === "ECONNREFUSED") return { silence: "absent", says: `nothing listens at ${host}` };
  if (/CERT|SIGNED|ISSUER|SSL|TLS/.test(code))
    return { silence: "untrusted", says: `the certificate of ${host} is not trusted here (${code})` };
  return {
    silence: "absent",
    says: `${host} cannot be reached (${code || cause?.message || name || "no reason is given"})`,
  };
}
