import { RE2JS } from "re2js";

/** A Go pattern, as Helm and the API server compile it. @throws RE2JSSyntaxException for an invalid pattern */
export function goPattern(pattern: string): { readonly test: (text: string) => boolean } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find() };
}
