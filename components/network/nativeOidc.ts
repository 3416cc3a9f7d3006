import type pulumi from "@pulumi/pulumi";

/** Written on a route to a service that speaks OpenID Connect itself: the application that it logs people in as. */
export const nativeOidcAnnotation = "lab.home/native-oidc";

/** A registered application, as a route to its service has to know it. */
export interface NativeLogin {
  /** The application's name. */
  readonly id: string;
  /** Whoever keeps the logins knows it. */
  readonly ready: pulumi.Resource;
}
