import { readFileSync } from "node:fs";
import { request } from "node:https";
import { getCACertificates } from "node:tls";

/** The API answered with something other than 200. `reason` is the text of its status line. */
export class ApiRefusal extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason.trim());
    this.name = "ApiRefusal";
    this.status = status;
  }
}

/** Sends a GET request to a path below `/api2/json` and returns the `data` of the answer. */
export type AskApi = (path: string) => Promise<unknown>;

const timeoutMs = 15_000;

/**
 * The API of a Proxmox host, as the provider plugin reaches it: same endpoint, same token, same trusted authorities.
 * Calls reject with ApiRefusal, or with the error of Node.js (`code`) where no answer came.
 */
export function hostApi(endpoint: string, apiToken: string): AskApi {
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
            if (statusCode !== 200) return reject(new ApiRefusal(statusCode, statusMessage));
            try {
              resolve((JSON.parse(body) as { data: unknown }).data);
            } catch {
              reject(new ApiRefusal(statusCode, "the answer is not JSON, so this is not the Proxmox API"));
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
 * What the plugin trusts: the authorities of the system, and those of SSL_CERT_FILE, which Go reads and Node.js does not.
 * @throws Error with the system's message where the file cannot be read
 */
function trustedAuthorities(): string[] {
  const file = process.env.SSL_CERT_FILE;
  return [...getCACertificates("system"), ...(file ? [readFileSync(file, "utf8")] : [])];
}
