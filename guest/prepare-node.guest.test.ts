// The checks of prepare-node.sh before it changes anything, on a Debian at full speed. Its effects, and the check of a full
// disk, are tested in virtual machines.
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

describe.skipIf(missing !== undefined)("prepare-node.sh", () => {
  let node: Container;
  beforeAll(async () => {
    node = await Container.start((await image("trixie")).tree, "k3s-worker01");
    await node.run("bash -s", guestBundle(guestScripts()));
    await node.run("useradd --create-home lab");
  });
  afterAll(() => node?.stop());

  test.each<[string, Settings, string]>([
    ["an invalid host name", { NODE_NAME: "K3S_worker" }, "REFUSED: 'K3S_worker' is not a valid host name"],
    [
      "an invalid public key (C5)",
      { AUTHORIZED_KEYS_B64: encodeFile("ssh-ed25519 banana\n") },
      "REFUSED (C5): key 1 for lab is not a public key",
    ],
    [
      "an empty key list (C5)",
      { AUTHORIZED_KEYS_B64: encodeFile("# no key\n") },
      "REFUSED (C5): no key could log in as lab",
    ],
    [
      "a missing account (C5)",
      { USER_NAME: "missing-account" },
      "REFUSED (C5): the account missing-account does not exist",
    ],
    ["an invalid journal limit (K7)", { JOURNAL_MAX: "much" }, "REFUSED (K7): 'much' is not a size"],
  ])("refuses %s without a change", async (_, wrong, reason) => {
    await node.run("touch /tmp/before");
    const { status, stderr } = await node.attempt(`${guestDirectory}/prepare-node.sh`, {
      seconds: 120,
      input: renderSettings({ ...settings, ...wrong }),
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(stderr).toContain("fix: ");
    expect(await node.run("find /etc /home /usr /var/lib/dpkg -newer /tmp/before -type f")).toBe("");
  });
});
