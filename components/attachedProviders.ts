/**
 * Whether the engine uses a provider that runs already, by Pulumi's own switch PULUMI_DEBUG_PROVIDERS=NAME:PORT,…, instead
 * of a plugin: the rehearsal attaches its simulators this way.
 */
export function usesAttachedProvider(name: string): boolean {
  return (process.env.PULUMI_DEBUG_PROVIDERS ?? "").split(",").some((entry) => entry.startsWith(`${name}:`));
}
