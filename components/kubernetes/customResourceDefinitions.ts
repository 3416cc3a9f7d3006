/** A set of CustomResourceDefinitions of one version, as their project publishes them. */
export interface DefinitionSet {
  readonly name: string;
  readonly version: string;
  /** Where the files lie; a file's path is put behind it. */
  readonly source: string;
  /** SHA-256 by path: a released file never changes (P3). */
  readonly files: Readonly<Record<string, string>>;
}

/** Settings of apply-crds.sh. */
export function applyCrdsSettings(set: DefinitionSet) {
  return {
    NAME: set.name,
    VERSION: set.version,
    FILES: Object.entries(set.files).map(([path, sha256]) => `${set.source}/${path}@${sha256}`),
    WAIT_SECONDS: 120,
  };
}
