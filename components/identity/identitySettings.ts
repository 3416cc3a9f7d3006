/** Who is there, and who may go where: the section lab:identity. */
export interface IdentitySettings {
  /** Groups of people; `admins` is always one of them. */
  readonly groups: readonly string[];
  readonly users: Readonly<Record<string, { readonly email: string; readonly groups: readonly string[] }>>;
  /** Whether a password alone is not enough. */
  readonly secondFactor: boolean;
  /** What differs from a service's own declaration, by its name. */
  readonly services: Readonly<
    Record<
      string,
      {
        /** Who may enter, in place of the declared groups. */
        readonly groups?: readonly string[] | undefined;
        /** How often its client secret was changed; a higher number changes it once more. */
        readonly rotation?: number | undefined;
      }
    >
  >;
}

/** Whoever is taken out of a group is out of every service after this many hours, when his session there ends. */
export const sessionHours = 4;

/** May do everything, in Authentik too. */
export const adminGroup = "admins";

/** All groups of the lab, each once. */
export function groupsOf({ groups }: Pick<IdentitySettings, "groups">): string[] {
  return [...new Set([adminGroup, ...groups])];
}

/** How often a service's client secret was changed. */
export function rotationOf({ services }: Pick<IdentitySettings, "services">, name: string): number {
  return services[name]?.rotation ?? 1;
}
