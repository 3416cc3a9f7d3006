import type { LessonPolicy } from "../lessonPolicy.ts";
import { unknownValue } from "../queries/known.ts";
import { isCiliumGateway, isOn, releaseValue } from "../queries/releases.ts";

export const gatewayProtocols: LessonPolicy = {
  key: "gatewayProtocols",
  lesson: "N9",
  description: "Cilium's Gateway API has ALPN and app protocol enabled, and creates its GatewayClass",
  severity: "high",
  remediationSteps:
    'set gatewayAPI.enableAlpn and gatewayAPI.enableAppProtocol to true, and gatewayAPI.gatewayClass.create to "true"',
  validateResource: (resource) => {
    if (!isCiliumGateway(resource)) return [];
    const check = (path: readonly string[], message: string, isValid: (value: unknown) => boolean) => {
      const value: unknown = releaseValue(resource, "gatewayAPI", ...path);
      return value === unknownValue || isValid(value)
        ? []
        : [{ resource, field: ["values", "gatewayAPI", ...path].join("."), value, message }];
    };
    return [
      ...check(
        ["enableAlpn"],
        "is not true, and the default is false; without ALPN, HTTPS connections of browsers were reset",
        (on) => on === true,
      ),
      ...check(
        ["enableAppProtocol"],
        "is not true, and the default is false; without it, the gateway does not use HTTP/2 for HTTP/2 backends",
        (on) => on === true,
      ),
      // With the default, auto, the chart creates the class only if the CRD exists when the chart is rendered.
      ...check(
        ["gatewayClass", "create"],
        "is not true; with the default auto, the chart creates the GatewayClass only if the CRD is already installed",
        isOn,
      ),
    ];
  },
};
