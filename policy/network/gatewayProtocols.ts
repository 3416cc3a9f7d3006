import type { LessonPolicy } from "../lessonPolicy.ts";
import { unknownValue } from "../queries/known.ts";
import { isCiliumGateway, isOn, releaseValue } from "../queries/releases.ts";

export const gatewayProtocols: LessonPolicy = {
  key: "gatewayProtocols",
  lesson: "N9",
  description: "Cilium's Gateway API has ALPN and app-protocol on, and makes its class",
  severity: "high",
  fix: 'set gatewayAPI.enableAlpn and .enableAppProtocol to true, and .gatewayClass.create to "true"',
  resource: (resource) => {
    if (!isCiliumGateway(resource)) return [];
    const judge = (path: readonly string[], message: string, wanted: (value: unknown) => boolean) => {
      const value: unknown = releaseValue(resource, "gatewayAPI", ...path);
      return value === unknownValue || wanted(value)
        ? []
        : [{ resource, field: ["values", "gatewayAPI", ...path].join("."), value, message }];
    };
    return [
      ...judge(
        ["enableAlpn"],
        "is off, and so by default: browsers' HTTPS was reset without it",
        (on) => on === true,
      ),
      ...judge(
        ["enableAppProtocol"],
        "is off, and so by default: HTTP/2 backends are spoken to wrongly without it",
        (on) => on === true,
      ),
      // The default, auto, decides by whether the CRD is there when the chart is rendered.
      ...judge(
        ["gatewayClass", "create"],
        "makes the class only if the cluster happens to have its CRD, or never; the default is auto",
        isOn,
      ),
    ];
  },
};
