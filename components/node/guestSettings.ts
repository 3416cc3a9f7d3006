/** Settings of a guest script: what stands on its standard input. Lists are joined by spaces. */
export type Settings = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Settings as the scripts read them, one NAME=value per line. @throws Error where a value has several lines and
 * is therefore due as base64 under a name that ends in _B64.
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

/** A file as a setting: any bytes on one line. */
export function encodeFile(content: string): string {
  return Buffer.from(content, "utf8").toString("base64");
}
