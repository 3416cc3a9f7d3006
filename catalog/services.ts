/** Services of the lab's base that stand behind the login, by the name that lab:identity.services knows them by. */
export const loginServices = ["longhorn", "hubble", "prometheus", "alertmanager", "grafana"] as const;

export type LoginService = (typeof loginServices)[number];
