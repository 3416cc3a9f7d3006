/** The name that was probably meant: the same in other letters, longer or shorter at an end, or a slip away. */
export function nearName(name: string, names: readonly string[]): string | undefined {
  const plain = name.toLowerCase();
  const ranked = names
    .map((other): [number, string] => {
      const it = other.toLowerCase();
      const [short, long] = it.length < plain.length ? [it, plain] : [plain, it];
      const part = short.length > 2 && (long.startsWith(short) || long.endsWith(short));
      // A third of the letters may be wrong.
      const apart = distance(plain, it) / Math.max(3, short.length);
      return [part ? Math.min(apart, 1 / 3) : apart, other];
    })
    .filter(([apart]) => apart <= 1 / 3)
    .toSorted(([one], [other]) => one - other);
  return ranked[0]?.[1];
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [at, against] of [...other].entries())
      next.push(
        Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (letter === against ? 0 : 1)),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
