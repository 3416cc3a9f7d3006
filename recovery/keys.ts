import sshpk from "sshpk";
import type { LabConfig } from "../config/schema.ts";
import { type Answer, ask } from "./ask.ts";
import { type Judgement, unchecked, valid, wrong } from "./finding.ts";

/** A private key is of use when it can be read without anybody there to type. */
export function judgeSshKey(text: string): Judgement {
  const make =
    "make one without a passphrase, ssh-keygen -t ed25519 -N '' -f lab, and set it: pulumi config set --secret lab:sshPrivateKey < lab";
  try {
    const key = sshpk.parsePrivateKey(text, "ssh-private");
    return valid(`${key.type} ${key.fingerprint("sha256").toString()}`);
  } catch (error) {
    return (error as Error).name === "KeyEncryptedError"
      ? wrong("it is encrypted with a passphrase of its own, which no unattended run can type", make)
      : wrong("it cannot be read as a private key in OpenSSH form", make);
  }
}

/** Asks a Proxmox host for its version, which any token may know. */
export async function askProxmox(endpoint: string, token: string): Promise<Judgement> {
  const url = new URL("/api2/json/version", endpoint);
  return judgeProxmox(await ask(url, { headers: { Authorization: `PVEAPIToken=${token}` } }));
}

/** A host that is gone says nothing about the token: it is made in a minute on the next one. */
export function judgeProxmox(answer: Answer): Judgement {
  if ("says" in answer)
    return answer.silence === "untrusted"
      ? wrong(
          answer.says,
          "trust the host's authority on this machine: docs/how-to/proxmox.md, The certificate",
        )
      : unchecked(`the form is right; not tried: ${answer.says}`);
  if (answer.status === 200) return valid("the host knows it");
  return answer.status === 401
    ? wrong(
        "the host does not know it",
        "make a new one, as docs/how-to/proxmox.md says: pulumi config set --secret lab:proxmoxApiToken",
      )
    : wrong(`the host answers ${answer.status}`, "look at the host: systemctl status pveproxy");
}

export const cloudflare = "https://api.cloudflare.com/client/v4/user/tokens/verify";

/** Asks Cloudflare about its token; a name server cannot be asked about a key without writing to it. */
export async function askDns(
  { acme }: LabConfig["certificates"],
  token: string,
  url = cloudflare,
): Promise<Judgement> {
  if (acme?.solver === "cloudflare")
    return judgeCloudflare(await ask(new URL(url), { headers: { Authorization: `Bearer ${token}` } }));
  // What an HMAC key is: at least 128 bits in base64.
  return Buffer.from(token, "base64").length >= 16 && /^[A-Za-z0-9+/]+={0,2}$/.test(token)
    ? unchecked("the form is right; a TSIG key is tried only by an update")
    : wrong(
        "it is no TSIG key in base64",
        "copy the name server's `secret`: pulumi config set --secret lab:dnsToken",
      );
}

export function judgeCloudflare(answer: Answer): Judgement {
  if ("says" in answer) return unchecked(`the form is right; not tried: ${answer.says}`);
  const status = /"status":\s*"(\w+)"/.exec(answer.body)?.[1];
  if (answer.status === 200 && status === "active") return valid("Cloudflare says that it is active");
  return wrong(
    status === undefined ? `Cloudflare answers ${answer.status}` : `Cloudflare says that it is ${status}`,
    "make one with Zone/DNS/Edit for the domain: pulumi config set --secret lab:dnsToken",
  );
}
