/** Written on a route to a service that a release makes, since no resource of the program is that service. */
export const servedByAnnotation = "lab.home/served-by";
