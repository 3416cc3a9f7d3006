import { isDockerHub, publicMirrors } from "../../config/mirrors.ts";

/** The registries and download hosts of the Internet, as nodes of the simulator reach them. */
export class Registries {
  readonly #refusing: { readonly refuses: (host: string) => boolean; readonly reason: string }[] = [];
  readonly #lacking: { readonly host: string; readonly repository: string }[] = [];

  /** Every connection to Docker Hub ends in its TLS handshake, by any of its names, as in the outage behind I3. */
  refuseDockerHub(): void {
    this.#refusing.push({ refuses: isDockerHub, reason: "remote error: tls: handshake failure" });
  }

  /** A registry is there, and has none of the repositories that begin like this. */
  lack(host: string, repository: string): void {
    this.#lacking.push({ host, repository });
  }

  /** Why a node gets no answer from HOST[:PORT]; undefined where it gets one. */
  whyNoAnswer(host: string): string | undefined {
    return this.#refusing.find(({ refuses }) => refuses(host))?.reason;
  }

  /** Why HOST does not give the image of `registry` that is called `repository` there; undefined where it does. */
  whyNoImage(host: string, registry: string, repository: string): string | undefined {
    const refused = this.whyNoAnswer(host);
    if (refused !== undefined) return refused;
    const mirror = publicMirrors[registry]?.find(({ url }) => new URL(url).host === host);
    const lacks =
      !repository.startsWith(mirror?.only ?? "") ||
      this.#lacking.some((one) => one.host === host && repository.startsWith(one.repository));
    return lacks ? "not found" : undefined;
  }
}
