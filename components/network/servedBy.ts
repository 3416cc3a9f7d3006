/** Annotation of a route whose service belongs to a Helm release, because the program has no resource for that service. */
export const servedByAnnotation = "lab.home/served-by";
