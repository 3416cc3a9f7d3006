import { z } from "zod";
import { name } from "../fields.ts";

/** A way in from a tailnet: to the Gateway, and to nothing else. */
export const tailscale = z.strictObject({
  /** What the lab is called in the tailnet. */
  hostname: name("the lab in the tailnet"),
});
