/**
 * A pattern of Go as a regular expression. What differs and occurs is `(?i)`, which in Go holds to the end of its group
 * and in JavaScript is a group of its own. @throws SyntaxError for what is left.
 */
export function goPattern(pattern: string): RegExp {
  let rest = pattern;
  for (let at = rest.indexOf("(?i)"); at >= 0; at = rest.indexOf("(?i)")) {
    const end = endOfGroup(rest, at + 4);
    rest = `${rest.slice(0, at)}(?i:${rest.slice(at + 4, end)})${rest.slice(end)}`;
  }
  // Without Unicode rules, under which an escape that is not needed is a mistake.
  return new RegExp(rest);
}

/** Where the group around a place ends: at its bracket, or with the pattern. */
function endOfGroup(pattern: string, from: number): number {
  let depth = 0;
  let inClass = false;
  for (let at = from; at < pattern.length; at += 1) {
    const letter = pattern[at];
    if (letter === "\\") at += 1;
    else if (letter === "[") inClass = true;
    else if (letter === "]") inClass = false;
    else if (inClass) continue;
    else if (letter === "(") depth += 1;
    else if (letter === ")") {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return pattern.length;
}
