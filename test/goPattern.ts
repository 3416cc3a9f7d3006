import { RE2JS } from "re2js";

/** `test` reports whether a text contains a match. Ajv identifies a pattern by `toString`. */
export interface GoPattern {
  readonly test: (text: string) => boolean;
  readonly toString: () => string;
}

/** A Go pattern, as Helm and the API server compile it. @throws RE2JSSyntaxException for an invalid pattern */
export function goPattern(pattern: string): GoPattern {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}
