import { parse } from "yaml";
import type { RegistryChecks } from "../../components/node/nodeSteps.ts";
import type { SimulatedImages } from "../../components/simulation.ts";
import { k3sImages } from "../../config/imageSources.ts";
import { hostOf, splitImage } from "../../config/mirrors.ts";
import type { RegistryPart } from "../../config/registry.ts";
import type { Registries } from "./registries.ts";

/** A pull of one image on a node, and its source. */
interface Pull {
  readonly node: string;
  readonly image: string;
  /** HOST[:PORT] of an endpoint, `archive`, or `node NAME`. */
  readonly from: string;
}

interface RegistriesYaml {
  readonly mirrors?: Readonly<Record<string, { readonly endpoint?: readonly string[] }>>;
}

/** containerd on every node: its images, and the sources that the node's registries.yaml configures. */
export class Images implements SimulatedImages {
  readonly pulls: Pull[] = [];
  readonly #registries: Registries;
  readonly #parts: readonly RegistryPart[];
  /** Whether the pod of the lab's own registry runs. */
  readonly #hasRegistry: () => boolean;
  readonly #nodes = new Map<string, { registries: RegistriesYaml; readonly images: Set<string> }>();
  readonly #archived = new Set<string>();

  constructor(registries: Registries, parts: readonly RegistryPart[], hasRegistry: () => boolean) {
    this.#registries = registries;
    this.#parts = parts;
    this.#hasRegistry = hasRegistry;
  }

  /** A node's machine and its containerd are lost. */
  forget(node: string): void {
    this.#nodes.delete(node);
    this.#archived.delete(node);
  }

  configure(node: string, registriesYaml: string): void {
    const images = this.#nodes.get(node)?.images ?? new Set();
    this.#nodes.set(node, { registries: parse(registriesYaml) as RegistriesYaml, images });
  }

  placeArchive(node: string, url: string): void {
    const refused = this.#registries.whyNoAnswer(new URL(url).host);
    if (refused !== undefined)
      throw new Error(`place-archive: REFUSED (I3): ${url} cannot be downloaded: ${refused}`);
    this.#archived.add(node);
  }

  /** K3s starts: it imports the archive, and the kubelet pulls the images of static pods. */
  startK3s(node: string, role: "server" | "agent", hasArchive: boolean): void {
    if (hasArchive && !this.#archived.has(node))
      throw new Error("install-k3s: REFUSED (I3): the archive of K3s' own images does not exist");
    if (hasArchive) for (const image of k3sImages) this.#keep(node, image, "archive");
    const [pause, ...others] = k3sImages;
    for (const image of [pause ?? "", ...(role === "server" ? others : [])]) this.pull(node, image);
  }

  /** Pods are scheduled: the first node that accepts them pulls their images. */
  run(images: readonly string[]): void {
    const [node] = [...this.#nodes.keys()].toReversed();
    if (node !== undefined) for (const image of images) this.pull(node, image);
  }

  /** Pulls an image as containerd does. @throws Error with the reason of every endpoint */
  pull(node: string, image: string): void {
    const { registries, images } = this.#nodes.get(node) ?? { registries: {}, images: new Set<string>() };
    if (images.has(image)) return;
    const { registry, repository } = splitImage(image);
    const other = [...this.#nodes].find(([name, there]) => name !== node && there.images.has(image));
    if (other !== undefined && (registries.mirrors?.[registry] ?? registries.mirrors?.["*"]) !== undefined) {
      this.#keep(node, image, `node ${other[0]}`);
      return;
    }
    const own = registry === "docker.io" ? "registry-1.docker.io" : registry;
    const hosts = [...(registries.mirrors?.[registry]?.endpoint ?? []).map(hostOf), own];
    const reasons: string[] = [];
    for (const host of hosts) {
      const reason = this.#whyNot(host, registry, repository);
      if (reason === undefined) {
        this.#keep(node, image, host);
        return;
      }
      reasons.push(`${host}: ${reason}`);
    }
    throw new Error(
      `${node}: Failed to pull image "${image}": ${reasons.join("; ")} (I3)\n  fix: add a mirror that has it to lab:cluster.mirrors`,
    );
  }

  /** The result of verify-network.sh for registries and images on a node. @throws Error in the script's words */
  verify(node: string, vlan: number, { registries, downloads }: RegistryChecks): void {
    const refuse = (lesson: string, layer: string, reasons: readonly string[]) => {
      if (reasons.length > 0)
        throw new Error(
          `verify-network: REFUSED (${lesson}): ${layer} of ${node} (VLAN ${vlan}): ${reasons.join("; ")}\n  fix: add a mirror that has them to lab:cluster.mirrors`,
        );
    };
    const dead = registries.flatMap(({ registry, endpoints }) => {
      const asked = endpoints.map(({ host, configured }) => ({
        configured,
        why: this.#registries.whyNoAnswer(host),
        host,
      }));
      const all = asked.every(({ why }) => why !== undefined);
      return asked.flatMap(({ host, why, configured }) =>
        why !== undefined && (all || configured) ? [`${registry}: ${host}: ${why}`] : [],
      );
    });
    const unreachable = downloads.flatMap((url) => {
      const why = this.#registries.whyNoAnswer(new URL(url).host);
      return why === undefined ? [] : [`K3s release: ${url}: ${why}`];
    });
    refuse("N3", "registries", [...dead, ...unreachable]);
    const missing = registries.flatMap(({ registry, endpoints, images }) =>
      images.flatMap(([repository, reference]) => {
        const asked = endpoints
          .filter(({ only = "" }) => repository.startsWith(only))
          .map(({ host }) => ({ host, why: this.#registries.whyNoImage(host, registry, repository) }));
        return asked.some(({ why }) => why === undefined)
          ? []
          : [
              `${registry}/${repository}:${reference} cannot be pulled: ${asked.map(({ host, why }) => `${host}: ${why}`).join(", ")}`,
            ];
      }),
    );
    refuse("I3", "images", missing);
  }

  #keep(node: string, image: string, from: string): void {
    this.#nodes.get(node)?.images.add(image);
    this.pulls.push({ node, image, from });
  }

  #whyNot(host: string, registry: string, repository: string): string | undefined {
    const part = this.#parts.find(({ nodePort }) => host === `127.0.0.1:${nodePort}`);
    if (part === undefined) return this.#registries.whyNoImage(host, registry, repository);
    if (!this.#hasRegistry()) return "connection refused";
    // A cache has the images of its upstream; the owner's part has the images that were pushed.
    return part.upstream === undefined
      ? undefined
      : this.#registries.whyNoImage(new URL(part.upstream).host, registry, repository);
  }
}
