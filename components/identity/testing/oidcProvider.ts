// An OIDC provider that behaves like Authentik where these tests need it: its issuer contains the host of the request, it
// compares redirect URIs exactly, and it requires the client secret, the code verifier, and accepts each code once.
import { createHash, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The user with a session at the provider. */
export interface Person {
  readonly name: string;
  readonly email: string;
  readonly groups: readonly string[];
  /** Value of the claim email_verified. Default: true. */
  readonly verified?: boolean;
  /** Whether the token is signed with a key that is not published. Default: false. */
  readonly forged?: boolean;
}

/** A client that is registered with the provider. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly redirect: string;
}

export interface OidcProvider {
  /** Host and port, such as 127.0.0.1:34567. */
  readonly address: string;
  /** The user with a session. There is no login form. */
  person: Person;
  client: Client;
  /** Paths of all requests, in order. */
  readonly requestedPaths: string[];
  close(): Promise<unknown>;
}

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function startOidcProvider(client: Client, person: Person): Promise<OidcProvider> {
  const [key, otherKey] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
  if (key === undefined || otherKey === undefined) throw new Error("no keys");
  const codes = new Map<string, { nonce: string; challenge: string; redirect: string; person: Person }>();
  const requestedPaths: string[] = [];

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", issuerHost(request));
    requestedPaths.push(url.pathname);
    const slug = provider.client.id;
    const views: Record<string, () => unknown> = {
      "/application/o/authorize/": () => authorize(url.searchParams, response),
      "/application/o/token/": () => token(request, response),
      [`/application/o/${slug}/jwks/`]: () =>
        send(response, 200, {
          keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: "lab", alg: "RS256", use: "sig" }],
        }),
      [`/application/o/${slug}/.well-known/openid-configuration`]: () =>
        send(response, 200, { issuer: issuer(request) }),
    };
    const view = views[url.pathname];
    if (view === undefined) send(response, 404, { error: `no view at ${url.pathname}` });
    else view();
  });

  const provider: OidcProvider = {
    address: "",
    person,
    client,
    requestedPaths,
    close: () => new Promise((done) => server.close(done)),
  };
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return Object.assign(provider, { address: `127.0.0.1:${(server.address() as AddressInfo).port}` });

  function issuer(request: IncomingMessage): string {
    return `${issuerHost(request)}/application/o/${provider.client.id}/`;
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirect = query.get("redirect_uri") ?? "";
    if (query.get("client_id") !== provider.client.id || redirect !== provider.client.redirect) {
      send(response, 400, { error: "invalid_request" });
      return;
    }
    const code = randomUUID();
    codes.set(code, {
      nonce: query.get("nonce") ?? "",
      challenge: query.get("code_challenge") ?? "",
      redirect,
      person: provider.person,
    });
    const back = new URL(redirect);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(302, { location: back.href }).end();
  }

  async function token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = new URLSearchParams(await text(request));
    const [, basic = ""] = (request.headers.authorization ?? "").split(" ");
    const [id, secret] = basic
      ? Buffer.from(basic, "base64").toString().split(":").map(decodeURIComponent)
      : [body.get("client_id"), body.get("client_secret")];
    if (id !== provider.client.id || secret !== provider.client.secret)
      return send(response, 400, { error: "invalid_client" });
    const given = codes.get(body.get("code") ?? "");
    codes.delete(body.get("code") ?? "");
    const verifier = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    if (given === undefined || given.challenge !== verifier || given.redirect !== body.get("redirect_uri"))
      return send(response, 400, { error: "invalid_grant" });
    const now = Math.floor(Date.now() / 1000);
    const { name, email, groups, verified = true, forged = false } = given.person;
    const claims = {
      iss: issuer(request),
      sub: name,
      aud: provider.client.id,
      exp: now + 3600,
      iat: now,
      nonce: given.nonce,
      email,
      email_verified: verified,
      preferred_username: name,
      groups,
    };
    const signed = `${base64({ alg: "RS256", typ: "JWT", kid: "lab" })}.${base64(claims)}`;
    const signature = createSign("RSA-SHA256")
      .update(signed)
      .sign((forged ? otherKey : key)?.privateKey ?? "", "base64url");
    send(response, 200, {
      access_token: randomUUID(),
      token_type: "Bearer",
      expires_in: 3600,
      id_token: `${signed}.${signature}`,
    });
  }
}

function issuerHost({ headers }: IncomingMessage): string {
  return `${headers["x-forwarded-proto"] ?? "http"}://${headers.host}`;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
