// What prepare-node.sh refuses before it changes anything, on a Debian at full speed. What it does to a real one, and what
// takes a disk that is full, is tested on virtual machines.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestBundle, guestDirectory, guestScripts } from "../components/node/guestBundle.ts";
import { encodeFile, renderSettings, type Settings } from "../components/node/guestSettings.ts";
import { Container } from "./testing/container.ts";
import { image, whyNoImage } from "./testing/vm/image.ts";

const missing = whyNoImage("trixie");
if (missing !== undefined) console.warn(`skipped: ${missing}`);

const settings: Settings = {
  NODE_NAME: "k3s-worker01",
  USER_NAME: "lab",
  AUTHORIZED_KEYS_B64: encodeFile(
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f owner\n",
  ),
  VIRTUAL: "yes",
  JOURNAL_MAX: "1G",
};

describe.skipIf(missing !== undefined)("preparation of a node refuses, and changes nothing:", () => {
  let node: Container;
  beforeAll(async () => {
    node = await Container.start((await image("trixie")).tree, "k3s-worker01");
    await node.must("bash -s", guestBundle(guestScripts()));
    await node.must("useradd --create-home lab");
  });
  afterAll(() => node?.stop());

  test.each<[string, Settings, string]>([
    ["a name that is none", { NODE_NAME: "K3S_worker" }, "REFUSED: 'K3S_worker' is no host name"],
    [
      "keys that are none",
      { AUTHORIZED_KEYS_B64: encodeFile("ssh-ed25519 banana\n") },
      "REFUSED (C5): line 1 of the keys",
    ],
    [
      "no key at all",
      { AUTHORIZED_KEYS_B64: encodeFile("# nobody\n") },
      "REFUSED (C5): no key would be left",
    ],
    [
      "an account that is not there",
      { USER_NAME: "nobody-here" },
      "REFUSED (C5): there is no account nobody-here",
    ],
    ["a limit that is none", { JOURNAL_MAX: "much" }, "REFUSED (K7): 'much' is no size"],
  ])("%s", async (_, wrong, reason) => {
    await node.must("touch /tmp/before");
    const { status, stderr } = await node.run(`${guestDirectory}/prepare-node.sh`, {
      seconds: 120,
      input: renderSettings({ ...settings, ...wrong }),
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(stderr).toContain("fix: ");
    expect(await node.must("find /etc /home /usr /var/lib/dpkg -newer /tmp/before -type f")).toBe("");
  });
});
