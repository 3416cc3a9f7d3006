/** The section `lab:identity`: users, groups, and the access to services. */
export interface IdentitySettings {
  /** Groups of users, in addition to `admins`. */
  readonly groups: readonly string[];
  readonly users: Readonly<Record<string, { readonly email: string; readonly groups: readonly string[] }>>;
  /** Whether the login requires a second factor. */
  readonly secondFactor: boolean;
  /** Settings that override the declaration of a service, by the service's name. */
  readonly services: Readonly<
    Record<
      string,
      {
        /** The groups with access. Default: the groups of the declaration. */
        readonly groups?: readonly string[] | undefined;
        /** A higher number replaces the client secret. Default: 1. */
        readonly rotation?: number | undefined;
      }
    >
  >;
}

/** Lifetime of a session at a service, in hours: a user who leaves a group loses access within this time. */
export const sessionHours = 4;

/** The group with every permission, in Authentik too. */
export const adminGroup = "admins";

/** All groups of the lab, without duplicates. */
export function groupsOf({ groups }: Pick<IdentitySettings, "groups">): string[] {
  return [...new Set([adminGroup, ...groups])];
}

/** The rotation number of a service's client secret. */
export function rotationOf({ services }: Pick<IdentitySettings, "services">, name: string): number {
  return services[name]?.rotation ?? 1;
}
