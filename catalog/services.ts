/** Services of the lab's base behind the login, by their names in lab:identity.services. */
export const loginServices = ["longhorn", "hubble", "prometheus", "alertmanager", "grafana"] as const;

export type LoginService = (typeof loginServices)[number];
