import { beforeAll, describe, expect, test } from "vitest";
import { serveFakeProviders } from "../serve.ts";
import { recordedPlugins } from "./plugins.ts";
import { ProviderClient } from "./providerClient.ts";
import { comparable, playAll, readRecording } from "./record.ts";
import type { Case } from "./recording.ts";

/**
 * Where a stand-in refuses at the check what the plugin lets through, and why. The rest of the generation has no counterpart.
 */
const stricter: Readonly<Record<string, string>> = {
  "a password with an unknown field":
    "the SDK's types are the schema; the plugin drops the field without a word",
  "a machine whose id is taken":
    "the plugin adopts the other guest, which the host gate refuses first (0017)",
  "an object with an unknown field": "as above",
  "an object with an unknown nested field": "as above",
  "a ConfigMap without a name": "the plugin would make one up, and the program names everything",
  "an object with a name that is none": "refused at the check, before the API server would at a dry run",
  "as planned: HTTPRoute authentik/route-auth": "its Gateway is not there, which no plugin notices",
  "as planned: HTTPRoute gateway/redirect-to-https": "as above",
};

/** Where the plugin refuses or waits for what the simulated cluster does not judge, and why. */
const laxer: Readonly<Record<string, string>> = {
  "a LoadBalancer that never gets an address": "controllers are played, and give one",
  "a custom resource whose condition never comes true": "as above",
  "a release of a chart that is not there": "charts are not fetched",
  "a release of a version that is not there": "as above",
  "an object of a kind that nothing defines": "only groups that the lab defines are known to be missing",
};

describe.each(recordedPlugins)("the stand-in for $name", ({ name, fakeProvider }) => {
  const { cases: recorded } = readRecording(name);
  let played: Case[];
  beforeAll(async () => {
    const trial = await fakeProvider();
    const served = await serveFakeProviders([trial.fakeProvider]);
    const client = new ProviderClient(`127.0.0.1:${served.debugProviders.split(":")[1]}`);
    try {
      await client.configure(name, trial.config);
      played = await playAll(client, trial.lives, trial.scrub);
    } finally {
      client.close();
      served.close();
      await trial.close();
    }
  });

  test.each([...new Set(recorded.map((one) => one.name))])("answers as the plugin did: %s", (generation) => {
    const of = (cases: readonly Case[]) => comparable(cases.filter((one) => one.name === generation));
    if (stricter[generation] !== undefined || laxer[generation] !== undefined) {
      expect(of(recorded)).not.toEqual(of(played));
      return;
    }
    expect(of(played)).toEqual(of(recorded));
  });

  test("plays every generation that was recorded, and no other", () =>
    expect([...new Set(played.map((one) => one.name))]).toEqual([
      ...new Set(recorded.map((one) => one.name)),
    ]));
});
