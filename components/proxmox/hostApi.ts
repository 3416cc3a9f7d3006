import { readFileSync } from "node:fs";
import { request } from "node:https";
import { getCACertificates } from "node:tls";

/** The API answered with a status other than 200. `reason` is the text of the status line. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason.trim());
    this.name = "ApiError";
    this.status = status;
  }
}

/** Sends a GET request to a path below `/api2/json` and returns the `data` of the response. */
export type ApiGet = (path: string) => Promise<unknown>;

const timeoutMs = 15_000;

/**
 * A client of the Proxmox API with the provider plugin's endpoint, token and trusted CAs. A request rejects with ApiError,
 * or with an error of Node.js (`code`) when no response arrives.
 */
export function hostApi(endpoint: string, apiToken: string): ApiGet {
  const ca = trustedAuthorities();
  return (path) =>
    new Promise((resolve, reject) => {
      const call = request(
        new URL(`/api2/json/${path}`, endpoint),
        { ca, agent: false, timeout: timeoutMs, headers: { authorization: `PVEAPIToken=${apiToken}` } },
        (response) => {
          let body = "";
          response.setEncoding("utf8");
          response.on("data", (part: string) => {
            body += part;
          });
          response.on("error", reject);
          response.on("end", () => {
            const { statusCode = 0, statusMessage = "" } = response;
            if (statusCode !== 200) return reject(new ApiError(statusCode, statusMessage));
            try {
              resolve((JSON.parse(body) as { data: unknown }).data);
            } catch {
              reject(new ApiError(statusCode, "the response is not JSON, so this is not the Proxmox API"));
            }
          });
        },
      );
      call.on("timeout", () =>
        call.destroy(
          Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" }),
        ),
      );
      call.on("error", reject);
      call.end();
    });
}

/**
 * The CAs that the plugin trusts: those of the system, and those in SSL_CERT_FILE, which Go reads and Node.js does not.
 * @throws Error with the system's message when the file cannot be read
 */
function trustedAuthorities(): string[] {
  const file = process.env.SSL_CERT_FILE;
  return [...getCACertificates("system"), ...(file ? [readFileSync(file, "utf8")] : [])];
}
