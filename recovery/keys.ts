import sshpk from "sshpk";
import type { LabConfig } from "../config/schema.ts";
import { type Answer, ask } from "./ask.ts";
import { type Judgement, unchecked, valid, wrong } from "./finding.ts";

/** A private key is valid when it can be read without a passphrase. */
export function judgeSshKey(text: string): Judgement {
  const make =
    "create one without a passphrase, ssh-keygen -t ed25519 -N '' -f lab, and set it: pulumi config set --secret lab:sshPrivateKey < lab";
  try {
    const key = sshpk.parsePrivateKey(text, "ssh-private");
    return valid(`${key.type} ${key.fingerprint("sha256").toString()}`);
  } catch (error) {
    return (error as Error).name === "KeyEncryptedError"
      ? wrong("it has a passphrase, which an unattended run cannot enter", make)
      : wrong("it cannot be read as a private key in OpenSSH form", make);
  }
}

/** Requests the version of a Proxmox host, which any token may read. */
export async function askProxmox(endpoint: string, token: string): Promise<Judgement> {
  const url = new URL("/api2/json/version", endpoint);
  return judgeProxmox(await ask(url, { headers: { Authorization: `PVEAPIToken=${token}` } }));
}

/** A lost host says nothing about its token, which takes a minute to create on the next one. */
export function judgeProxmox(answer: Answer): Judgement {
  if ("says" in answer)
    return answer.silence === "untrusted"
      ? wrong(
          answer.says,
          "trust the host's certificate authority on this machine: docs/how-to/proxmox.md, The certificate",
        )
      : unchecked(`the form is valid; not checked: ${answer.says}`);
  if (answer.status === 200) return valid("the host accepts it");
  return answer.status === 401
    ? wrong(
        "the host rejects it",
        "create a new one, as docs/how-to/proxmox.md says: pulumi config set --secret lab:proxmoxApiToken",
      )
    : wrong(`the host answers ${answer.status}`, "check the host: systemctl status pveproxy");
}

export const cloudflare = "https://api.cloudflare.com/client/v4/user/tokens/verify";

/** Verifies a token with Cloudflare; a TSIG key cannot be verified without an update of the zone. */
export async function askDns(
  { acme }: LabConfig["certificates"],
  token: string,
  url = cloudflare,
): Promise<Judgement> {
  if (acme?.solver === "cloudflare")
    return judgeCloudflare(await ask(new URL(url), { headers: { Authorization: `Bearer ${token}` } }));
  // An HMAC key: at least 128 bits in base64.
  return Buffer.from(token, "base64").length >= 16 && /^[A-Za-z0-9+/]+={0,2}$/.test(token)
    ? unchecked("the form is valid; a TSIG key is checked only by an update")
    : wrong(
        "it is not a TSIG key in base64",
        "copy the name server's `secret`: pulumi config set --secret lab:dnsToken",
      );
}

export function judgeCloudflare(answer: Answer): Judgement {
  if ("says" in answer) return unchecked(`the form is valid; not checked: ${answer.says}`);
  const status = /"status":\s*"(\w+)"/.exec(answer.body)?.[1];
  if (answer.status === 200 && status === "active") return valid("Cloudflare reports it as active");
  return wrong(
    status === undefined ? `Cloudflare answers ${answer.status}` : `Cloudflare reports it as ${status}`,
    "create one with Zone/DNS/Edit for the domain: pulumi config set --secret lab:dnsToken",
  );
}
