import type { Application } from "../application.ts";
import type { Upstream } from "../oauth2Proxy.ts";

/** An application behind a proxy, for tests. */
export const longhorn: Application = {
  name: "longhorn",
  title: "Longhorn",
  host: "longhorn",
  groups: ["admins"],
  login: "proxy",
};

export const longhornUpstream: Upstream = {
  namespace: "longhorn-system",
  service: "longhorn-frontend",
  port: 80,
  pods: { app: "longhorn-ui" },
  podPort: 8000,
};
