import { expect, test } from "vitest";
import { producedBy, ruleNames } from "./testing/produced.ts";

/** Rules whose messages come from another module, with the releases of the catalogue in them: that module has the tests. */
const wordedElsewhere = { systemImage: "config/systemImage.ts", versions: "config/kubernetesVersions.ts" };

test.each(ruleNames.filter((name) => !Object.hasOwn(wordedElsewhere, name)))(
  "the rule %s reports the recorded diagnostics of the invalid fixtures",
  async (name) => {
    const text = (await producedBy(name)).map(
      ([fixture, diagnostics]) => `## ${fixture}\n${diagnostics.join("\n")}`,
    );
    expect(text.join("\n\n")).toMatchSnapshot();
  },
);
