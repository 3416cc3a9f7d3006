import { request } from "node:http";

/** A response, as a person would see it. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly location: URL | undefined;
  readonly body: string;
}

/**
 * A browser behind a simulated Gateway: it sends each request, with the headers that the Gateway adds, to the address that
 * is configured for the host. It stores cookies per host.
 */
export class Browser {
  /** Cookies by host, then by name. */
  readonly cookies = new Map<string, Map<string, string>>();
  /** Every Set-Cookie header, with its attributes. */
  readonly setCookies: string[] = [];
  readonly #addresses: Readonly<Record<string, string>>;

  constructor(addresses: Readonly<Record<string, string>>) {
    this.#addresses = addresses;
  }

  /** Sends one request and returns its response, which may be a redirect. */
  get(address: string | URL, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const url = new URL(address);
    const [hostname, port] = (this.#addresses[url.host] ?? "").split(":");
    if (port === undefined) throw new Error(`redirect to ${url.host}, which has no address in this test`);
    const cookies = [...(this.cookies.get(url.host) ?? [])].map((pair) => pair.join("=")).join("; ");
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          hostname,
          port,
          path: `${url.pathname}${url.search}`,
          headers: {
            host: url.host,
            "x-forwarded-proto": "https",
            "x-forwarded-host": url.host,
            "x-forwarded-for": "10.88.140.20",
            ...(cookies === "" ? {} : { cookie: cookies }),
            ...headers,
          },
        },
        (response) => {
          for (const line of response.headers["set-cookie"] ?? []) this.#keep(url.host, line);
          const { location } = response.headers;
          const parts: Buffer[] = [];
          response.on("data", (part: Buffer) => parts.push(part));
          response.on("end", () =>
            resolve({
              url,
              status: response.statusCode ?? 0,
              location: location === undefined ? undefined : new URL(location, url),
              body: Buffer.concat(parts).toString(),
            }),
          );
        },
      );
      sent.on("error", reject);
      sent.end();
    });
  }

  /** Follows at most ten redirects and returns the last response. */
  async visit(address: string | URL): Promise<Page> {
    let page = await this.get(address);
    for (let count = 0; page.location !== undefined && page.status < 400 && count < 10; count++)
      page = await this.get(page.location);
    return page;
  }

  #keep(host: string, line: string): void {
    this.setCookies.push(line);
    const [pair = "", ...attributes] = line.split("; ");
    const at = pair.indexOf("=");
    const own = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, own);
    const expires = attributes.find((each) => each.toLowerCase().startsWith("expires="))?.slice(8);
    if (expires !== undefined && Date.parse(expires) <= Date.now()) own.delete(pair.slice(0, at));
    else own.set(pair.slice(0, at), pair.slice(at + 1));
  }
}
