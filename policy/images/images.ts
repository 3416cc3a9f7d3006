/** The parts of a container image reference. */
export interface ImageReference {
  /** Includes the registry, without tag and digest: `docker.io/library/mongo`. */
  readonly repository: string;
  /** The last element of the repository: `mongo`. */
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Parses `registry:5000/path/name:tag@sha256:…`. */
export function parseImage(image: string): ImageReference {
  const [named = "", digest] = image.split("@");
  const colon = named.lastIndexOf(":");
  // A colon before the last slash belongs to the registry's port.
  const tagged = colon > named.lastIndexOf("/");
  const repository = tagged ? named.slice(0, colon) : named;
  return {
    repository,
    name: repository.split("/").at(-1) ?? repository,
    tag: tagged ? named.slice(colon + 1) : undefined,
    digest,
  };
}
