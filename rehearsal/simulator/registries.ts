import { isDockerHub, publicMirrors } from "../../config/mirrors.ts";

/** Registries and download hosts of the Internet, as the simulator's nodes reach them. */
export class Registries {
  readonly #refusing: { readonly refuses: (host: string) => boolean; readonly reason: string }[] = [];
  readonly #lacking: { readonly host: string; readonly repository: string }[] = [];

  /** Every connection to Docker Hub fails in its TLS handshake, by each of its names, as in the outage behind I3. */
  refuseDockerHub(): void {
    this.#refusing.push({ refuses: isDockerHub, reason: "remote error: tls: handshake failure" });
  }

  /** An existing registry without repositories that begin with these names. */
  lack(host: string, repository: string): void {
    this.#lacking.push({ host, repository });
  }

  /** Why a node gets no answer from HOST[:PORT]; undefined where it gets one. */
  whyNoAnswer(host: string): string | undefined {
    return this.#refusing.find(({ refuses }) => refuses(host))?.reason;
  }

  /** Why HOST does not serve the image that `registry` has as `repository`; undefined where it does. */
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
