/** The value of a scalar, or why it has none. */
export type ScalarReading =
  | { readonly value: string | number | boolean | null }
  /** The readers disagree on the value, or the CLI changes it when it rewrites the file: the reason, and the fix. */
  | { readonly ambiguous: string; readonly fix: string };

/**
 * Reads a scalar without quotes. Accepts only values that are the same for the engine's reader (gopkg.in/yaml.v3) and for
 * YAML 1.2, and text. Any other scalar that yaml.v3 reads as a number or a timestamp is ambiguous. config/yamlScalar.test.ts
 * compares this with recorded answers of the CLI, rehearsal/stackFile.engine.test.ts with the CLI itself.
 */
export function readPlain(text: string, inFlow: boolean): ScalarReading {
  if (/^(~|null|Null|NULL|)$/.test(text)) return { value: null };
  if (/^(true|True|TRUE)$/.test(text)) return { value: true };
  if (/^(false|False|FALSE)$/.test(text)) return { value: false };
  const fix = `write it in quotes, ${JSON.stringify(text)}`;
  if (/^(0|-?[1-9]\d*)$/.test(text))
    return Number.isSafeInteger(Number(text))
      ? { value: Number(text) }
      : { ambiguous: "an integer beyond 2^53 loses digits between the engine and the program", fix };
  // 1.5, but not 1.10 or 2.0, which are more likely versions than the numbers 1.1 and 2. The CLI writes fractions of a
  // million and more, and below 0.0001, with an exponent.
  if (/^-?(0|[1-9]\d{0,5})\.\d*[1-9]$/.test(text) && Math.abs(Number(text)) >= 0.0001)
    return { value: Number(text) };
  if (timestamp.test(text))
    return { ambiguous: "the engine reads a date without quotes as a timestamp", fix };
  if (/^[-+.\d]/.test(text) && number.test(text.replaceAll("_", "")))
    return {
      ambiguous: `without quotes it is ${inWords(text)} for the engine, but not for every reader of YAML`,
      fix: `${fix}, or write a number in plain decimal digits`,
    };
  if (text === "<<") return merge;
  if (/[^\S ]/.test(text)) return { ambiguous: "has an invisible space character", fix };
  if (inFlow && (text.startsWith(":") || text.includes("?")))
    return {
      ambiguous: "in braces or brackets the engine reads a leading : or any ? as the indicator of a key",
      fix,
    };
  return { value: text };
}

/**
 * Checks a scalar in quotes or in a block. `raw` is the text of the file, `value` its value. The engine reads a file,
 * writes it and reads the result, and its writer fails on some text of several lines.
 */
export function readText(raw: string, value: string, isBlock: boolean): ScalarReading {
  if (value === "<<") return merge;
  if (!isBlock && raw.includes("\n") && value.includes("\n"))
    return {
      ambiguous: "the quoted text has an empty line, which the CLI breaks when it rewrites the file",
      fix: "write \\n in double quotes, or a block that begins with | or >",
    };
  if (raw.startsWith('"') && /(^|[^\\])(\\\\)*\\(\/|u[dD][89a-fA-F])/.test(raw))
    return {
      ambiguous: "has an escape sequence that the engine rejects: \\/ or half of a surrogate pair",
      fix: "write the character itself",
    };
  if (/[\u0085\u2028\u2029]/.test(value))
    return {
      ambiguous: "has a line separator that the engine takes for the end of a line",
      fix: "write \\n",
    };
  if (isBlock && value.trim() === "") return { ambiguous: "is an empty block", fix: 'write ""' };
  if (/^[|>][-+]?\d/.test(raw))
    return { ambiguous: "is a block with an indentation indicator", fix: "remove the number after | or >" };
  const text = value.replace(/\n$/, "").split("\n");
  const isBare = (line: string | undefined) => line === "";
  const moves = raw.startsWith(">") ? text.some(isBare) : isBare(text[0]) || isBare(text.at(-1));
  if (value.includes("\n") && (moves || text.some((line) => /^\s/.test(line))))
    return {
      ambiguous: "has an empty line or a line that begins with a space, which the engine drops or moves",
      fix: "begin and end the text with a word, remove leading spaces, and separate paragraphs in a block with |",
    };
  return { value };
}

const merge: ScalarReading = {
  ambiguous: "is the merge key, which the CLI rewrites with a tag",
  fix: "use another text",
};

/** The forms that yaml.v3 reads as a timestamp, including dates that do not exist. */
const timestamp = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}([.,]\d*)?(Z|[+-]\d\d:\d\d)?)?$/;

/** The forms that yaml.v3 reads as a number after it removes underscores, including the octal 0777 of YAML 1.1, and 0b11. */
const number = /^[-+]?(0x[\da-f]+|0b[-+]?[01]+|0o?[-+]?[0-7]+|(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?|\.(inf|nan))$/i;

/** The value of such a number for the engine, in words. */
function inWords(text: string): string {
  const [, sign, digits = ""] = /^([-+]?)(.*)$/.exec(text.replaceAll("_", "").toLowerCase()) ?? [];
  if (/^\.(inf|nan)$/.test(digits)) return "not a finite number";
  const octal = /^0o?\+?(-?[0-7]+)$/.exec(digits)?.[1];
  const value = octal === undefined ? Number(digits) : Number.parseInt(octal, 8);
  return `the number ${sign === "-" ? -value : value}`;
}
