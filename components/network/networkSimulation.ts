import { loadBalancerAddressAnnotation } from "../../catalog/annotations.ts";
import { parseAddress } from "../../config/ranges.ts";
import type { ReadinessModel, SimulatedApi, SimulatedObject, StepModel } from "../simulation.ts";

export const verifyReady: StepModel = ({ api, refused }) => {
  if (!api.networked) throw refused("N3", "not every node is Ready: cni plugin not initialized");
  return "unchanged: nodes are Ready";
};

export const issuerReadiness: ReadinessModel = ({ spec }, api) => {
  const secret = spec.ca?.secretName;
  return secret !== undefined && api.find(`Secret/cert-manager/${secret}`) === undefined
    ? `secrets "${secret}" not found`
    : undefined;
};

export const certificateReadiness: ReadinessModel = ({ spec }, api) =>
  api.find(`ClusterIssuer/${spec.issuerRef.name}`) === undefined
    ? `clusterissuer "${spec.issuerRef.name}" not found`
    : undefined;

export const routeReadiness: ReadinessModel = ({ metadata, spec }, api) => {
  const parents = spec.parentRefs as readonly SimulatedObject[];
  const missing = parents.find(
    ({ namespace, name }) => api.find(`Gateway/${namespace ?? metadata.namespace}/${name}`) === undefined,
  );
  return missing === undefined ? undefined : `it names the Gateway ${missing.name}, which does not exist`;
};

export const gatewayReadiness: ReadinessModel = ({ metadata, spec }, api) => {
  const className: string = spec.gatewayClassName;
  if (api.release(className) === undefined) return `no controller serves the class ${className}`;
  for (const listener of spec.listeners as readonly SimulatedObject[])
    for (const { name } of listener.tls?.certificateRefs ?? [])
      if (
        !api
          .list("Certificate")
          .some((made) => made.spec.secretName === name && made.metadata.namespace === metadata.namespace)
      )
        return `the secret ${name} of the listener ${listener.name} does not exist`;
  const wanted = parseAddress(String(gatewayAddress(spec, api) ?? ""));
  const blocks = api
    .list("CiliumLoadBalancerIPPool")
    .flatMap((pool) => pool.spec.blocks as readonly SimulatedObject[]);
  const inPool = blocks.some(({ start, stop }) => {
    const [first, last] = [parseAddress(start), parseAddress(stop)];
    return (
      wanted !== undefined && first !== undefined && last !== undefined && first <= wanted && wanted <= last
    );
  });
  return inPool ? undefined : "the address of the Gateway is not in a pool";
};

/** The address at which a Gateway answers, by its specification. */
export function gatewayAddress(spec: SimulatedObject, api: SimulatedApi): unknown {
  if (spec.gatewayClassName === "cilium") return spec.addresses?.[0]?.value;
  const annotations = api.release("traefik")?.values?.service?.annotations ?? {};
  return annotations[loadBalancerAddressAnnotation];
}
