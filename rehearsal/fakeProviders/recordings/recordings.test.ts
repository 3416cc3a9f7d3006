import { beforeAll, describe, expect, test } from "vitest";
import { serveFakeProviders } from "../serve.ts";
import { recordedPlugins } from "./plugins.ts";
import { ProviderClient } from "./providerClient.ts";
import { comparable, playAll, readRecording } from "./record.ts";
import type { Case } from "./recording.ts";

/**
 * Lifecycles in which a fake provider rejects at the check inputs that the plugin accepts, with the reason. The rest
 * of such a lifecycle has no counterpart.
 */
const stricter: Readonly<Record<string, string>> = {
  "a password with an unknown field": "the SDK's types are the schema; the plugin drops the field silently",
  "a machine whose id is in use":
    "the plugin adopts the other guest, which the host gate refuses first (0017)",
  "an object with an unknown field": "as above",
  "an object with an unknown nested field": "as above",
  "a ConfigMap without a name": "the plugin would generate one, and the program names every object",
  "an object with an invalid name": "refused at the check, before the API server would at a dry run",
  "as planned: HTTPRoute authentik/route-auth":
    "its Gateway does not exist, and the plugin does not check that",
  "as planned: HTTPRoute gateway/redirect-to-https": "as above",
};

/**
 * Lifecycles in which the plugin rejects or waits for states that the simulated cluster does not have, with the
 * reason.
 */
const laxer: Readonly<Record<string, string>> = {
  "a LoadBalancer that never gets an address": "the simulator plays controllers, and assigns an address",
  "a custom resource whose condition never comes true": "as above",
  "a release of a missing chart": "charts are not fetched",
  "a release of a missing version": "as above",
  "an object of an undefined kind": "only groups that the lab defines are known to be undefined",
};

describe.each(recordedPlugins)("the fake provider for $name", ({ name, fakeProvider }) => {
  const { cases: recorded } = readRecording(name);
  let played: Case[];
  beforeAll(async () => {
    const trial = await fakeProvider();
    const served = await serveFakeProviders([trial.fakeProvider]);
    const client = new ProviderClient(`127.0.0.1:${served.debugProviders.split(":")[1]}`);
    try {
      await client.configure(name, trial.config);
      played = await playAll(client, trial.lifecycles, trial.scrub);
    } finally {
      client.close();
      served.close();
      await trial.close();
    }
  });

  test.each([...new Set(recorded.map((one) => one.name))])("answers as the plugin did: %s", (lifecycle) => {
    const of = (cases: readonly Case[]) => comparable(cases.filter((one) => one.name === lifecycle));
    if (stricter[lifecycle] !== undefined || laxer[lifecycle] !== undefined) {
      expect(of(recorded)).not.toEqual(of(played));
      return;
    }
    expect(of(played)).toEqual(of(recorded));
  });

  test("runs every recorded lifecycle and no other", () =>
    expect([...new Set(played.map((one) => one.name))]).toEqual([
      ...new Set(recorded.map((one) => one.name)),
    ]));
});
