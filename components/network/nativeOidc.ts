import type pulumi from "@pulumi/pulumi";

/** Annotation of a route whose service implements OpenID Connect itself. Its value is the name of the application. */
export const nativeOidcAnnotation = "lab.home/native-oidc";

/** An application that is registered with the identity provider, as its route needs it. */
export interface NativeLogin {
  /** Name of the application. */
  readonly id: string;
  /** The identity provider has the application. */
  readonly ready: pulumi.Resource;
}
