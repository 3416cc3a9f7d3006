/**
 * Whether the engine connects to a running provider instead of starting a plugin. Pulumi's environment variable
 * PULUMI_DEBUG_PROVIDERS=NAME:PORT,… lists such providers. The rehearsal attaches its fake providers with it.
 */
export function usesAttachedProvider(name: string): boolean {
  return (process.env.PULUMI_DEBUG_PROVIDERS ?? "").split(",").some((entry) => entry.startsWith(`${name}:`));
}
