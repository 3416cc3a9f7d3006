/** The CustomResourceDefinitions of one release of a project. */
export interface DefinitionSet {
  readonly name: string;
  readonly version: string;
  /** Base URL of the files. The path of a file is appended to it. */
  readonly source: string;
  /** SHA-256 by path. A released file never changes (P3). */
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
