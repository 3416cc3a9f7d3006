/** Written on a route to a service that speaks OpenID Connect itself: the application that it logs people in as. */
export const nativeOidcAnnotation = "lab.home/native-oidc";
