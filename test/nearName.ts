import { distance } from "fastest-levenshtein";

/** The known name that a misspelled name most likely stands for: equal but for case, a prefix or suffix, or a few edits apart. */
export function nearName(name: string, names: readonly string[]): string | undefined {
  const plain = name.toLowerCase();
  const ranked = names
    .map((other): [number, string] => {
      const candidate = other.toLowerCase();
      const [short, long] = candidate.length < plain.length ? [candidate, plain] : [plain, candidate];
      const part = short.length > 2 && (long.startsWith(short) || long.endsWith(short));
      // A third of the letters may be wrong.
      const apart = distance(plain, candidate) / Math.max(3, short.length);
      return [part ? Math.min(apart, 1 / 3) : apart, other];
    })
    .filter(([apart]) => apart <= 1 / 3)
    .toSorted(([one], [other]) => one - other);
  return ranked[0]?.[1];
}
