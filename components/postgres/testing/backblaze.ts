import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy that is as strict as Backblaze in front of an object store. */
export interface Door {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Rejected requests, one line each: method, operation and header. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Headers of the checksums that newer clients send by default, in every spelling. */
const checksums = /^x-amz-(checksum-|sdk-checksum-|trailer$)/;

/**
 * Starts the proxy. It forwards every request except those that Backblaze rejects for an unknown header, with
 * the error of s3transfer#327.
 */
export async function openDoor(store: string): Promise<Door> {
  const refused: string[] = [];
  const behind = new URL(store);
  const server = createServer((incoming, outgoing) => {
    const header = Object.keys(incoming.headers).find((name) => checksums.test(name));
    if (header !== undefined && !isBulkDeletion(incoming)) {
      refused.push(`${incoming.method} ${header}`);
      incoming.resume();
      incoming.on("end", () => {
        outgoing.writeHead(400, { "content-type": "application/xml", connection: "close" });
        outgoing.end(
          `<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidArgument</Code><Message>Unsupported header '${header}' received for this API call.</Message></Error>`,
        );
      });
      return;
    }
    const onward = request(
      {
        host: behind.hostname,
        port: behind.port,
        method: incoming.method,
        path: incoming.url,
        // With the host that the signature covers.
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The one request for which S3 requires a checksum, whatever the client's configuration. */
function isBulkDeletion({ method, url = "" }: IncomingMessage): boolean {
  return method === "POST" && new URL(url, "http://store").searchParams.has("delete");
}
