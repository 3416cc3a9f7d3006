/** Settings of a guest script, passed on its standard input. A list is joined with spaces. */
export type Settings = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Renders settings as the scripts read them, one NAME=value per line. @throws Error when a value has several lines; such
 * a value must be base64 under a name that ends in _B64.
 */
export function renderSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(" ") : String(value);
      if (/[\r\n]/.test(text)) throw new Error(`the setting ${name} has several lines`);
      return `${name}=${text}\n`;
    })
    .join("");
}

/** Encodes the content of a file as a setting of one line. */
export function encodeFile(content: string): string {
  return Buffer.from(content, "utf8").toString("base64");
}
