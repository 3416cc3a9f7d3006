import { field, fields } from "../fieldDocs.ts";
import { name } from "../fields.ts";

/** Remote access from a tailnet. */
export const tailscale = fields({
  hostname: field(name("the lab in the tailnet"), {
    meaning: "Host name of the lab in the tailnet.",
    example: "example-lab",
    change:
      "The pod is recreated and changes its name in the tailnet. Connections are interrupted for a minute.",
  }),
});
