import { AwsClient } from "aws4fetch";
import type { LabConfig } from "../config/schema.ts";
import { ask } from "./ask.ts";
import { type Judgement, wrong } from "./finding.ts";

/** An object of the bucket. */
export interface StoredObject {
  readonly key: string;
  readonly modified: Date;
}

export interface Listing {
  readonly objects: readonly StoredObject[];
  /** Folders, with the slash at their end; only where the listing stops at slashes. */
  readonly folders: readonly string[];
}

/** Where the bucket is. */
type Place = Pick<LabConfig["backup"], "bucket" | "endpoint" | "region" | "generation">;

/** The bucket cannot be read: what is wrong, and the fix. */
export class BucketClosed extends Error {
  readonly judgement: Judgement;

  constructor(judgement: Judgement) {
    super(judgement.says);
    this.name = "BucketClosed";
    this.judgement = judgement;
  }
}

/** Fifty thousand objects: a listing that is longer than that is told, and not cut in silence. */
const pageLimit = 50;

/** The backups' bucket, to be read and nothing else. */
export class Bucket {
  readonly #config: Place;
  readonly #client: AwsClient;

  constructor(config: Place, key: { readonly id: string; readonly secret: string }) {
    this.#config = config;
    // Without retries: the command says at once what is wrong.
    this.#client = new AwsClient({
      accessKeyId: key.id,
      secretAccessKey: key.secret,
      service: "s3",
      region: config.region,
      retries: 0,
    });
  }

  /** Everything below a prefix; with `flat`, only as far as the next slash. @throws BucketClosed */
  async list(prefix: string, { flat = false } = {}): Promise<Listing> {
    const objects: StoredObject[] = [];
    const folders: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < pageLimit; page++) {
      // Encoded, so that a key with any character is one word of the answer.
      const query = new URLSearchParams({ "list-type": "2", "encoding-type": "url", prefix });
      if (flat) query.set("delimiter", "/");
      if (token !== undefined) query.set("continuation-token", token);
      const listing = parseListing(await this.#get(`?${query}`));
      objects.push(...listing.objects);
      folders.push(...listing.folders);
      token = listing.next;
      if (token === undefined) return { objects, folders };
    }
    throw new BucketClosed(
      wrong(
        `${prefix} holds more than ${objects.length} objects, and was not read to its end`,
        "look whether old backups are deleted as their schedules say",
      ),
    );
  }

  /** A small object's text. @throws BucketClosed */
  async read(key: string): Promise<string> {
    return await this.#get(`/${key.split("/").map(encodeURIComponent).join("/")}`);
  }

  async #get(rest: string): Promise<string> {
    const { bucket, endpoint } = this.#config;
    // By path: a bucket's own host name is not in the certificate of every store.
    const url = `${endpoint.replace(/\/$/, "")}/${bucket}${rest}`;
    const answer = await ask(await this.#client.sign(url));
    if ("says" in answer)
      throw new BucketClosed(
        wrong(
          answer.says,
          answer.silence === "untrusted"
            ? "lab:backup.endpoint names another host than the store's, or its authority is not trusted: NODE_EXTRA_CA_CERTS"
            : "check lab:backup.endpoint, and this machine's way to the internet; status.backblaze.com says whether B2 is up",
        ),
      );
    if (answer.status !== 200) throw new BucketClosed(judgeRefusal(answer.status, answer.body, this.#config));
    return answer.body;
  }
}

/** A page of ListObjectsV2. Elements that are looked for hold no others, and keys are URL-encoded. */
export function parseListing(xml: string): Listing & { readonly next: string | undefined } {
  const element = (text: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const decode = (text: string | undefined) =>
    decodeURIComponent((text ?? "").replaceAll("+", " ").replaceAll("&amp;", "&"));
  const elements = (name: string) =>
    [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, text = ""]) => text);
  return {
    objects: elements("Contents").map((text) => ({
      key: decode(element(text, "Key")),
      modified: new Date(element(text, "LastModified") ?? Number.NaN),
    })),
    folders: elements("CommonPrefixes").map((text) => decode(element(text, "Prefix"))),
    next:
      element(xml, "IsTruncated") === "true"
        ? element(xml, "NextContinuationToken")?.replaceAll("&amp;", "&")
        : undefined,
  };
}

/** What a store's refusal means for the owner. */
export function judgeRefusal(status: number, xml: string, { bucket, region }: Place): Judgement {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(xml)?.[1] ?? "";
  const setAnew = "pulumi config set --secret lab:backupKeyId and lab:backupKey";
  switch (code) {
    case "InvalidAccessKeyId":
      return wrong(
        "the store does not know this key id",
        `the key was deleted, or mistyped: make one for ${bucket}, ${setAnew}`,
      );
    case "SignatureDoesNotMatch":
      return wrong(
        "the key does not belong to its id",
        `set both anew, as Backblaze showed them: ${setAnew}; or ${region} is not the bucket's region`,
      );
    case "AccessDenied":
      return wrong(
        `the key has no right to list ${bucket}`,
        `make a key for ${bucket} with listBuckets, listFiles, readFiles and writeFiles, then ${setAnew}`,
      );
    case "NoSuchBucket":
      return wrong(
        `there is no bucket ${bucket} here`,
        "compare lab:backup.bucket and lab:backup.endpoint with Backblaze's page: a bucket is known in its own region only",
      );
    case "AuthorizationHeaderMalformed":
    case "IncorrectEndpoint":
    case "PermanentRedirect":
      return wrong(
        `${region} is not the bucket's region`,
        "write the region that Backblaze shows for the bucket's endpoint: lab:backup.region and lab:backup.endpoint",
      );
    case "RequestTimeTooSkewed":
      return wrong(
        "this machine's clock is wrong by more than 15 minutes",
        "set it: timedatectl set-ntp true",
      );
    default:
      return wrong(
        `the store answers ${status}${code === "" ? "" : ` ${code}`}`,
        status >= 500
          ? "the store has a fault of its own: try again, and look at status.backblaze.com"
          : "compare lab:backup with Backblaze's page",
      );
  }
}

/** Backblaze's endpoints name their region: two places that must agree, or undefined where nothing can be said. */
export function judgeRegion({ endpoint, region }: Place): Judgement | undefined {
  const named = /^s3\.([a-z0-9-]+)\.backblazeb2\.com$/.exec(new URL(endpoint).hostname)?.[1];
  return named === undefined || named === region
    ? undefined
    : wrong(
        `lab:backup.endpoint is in ${named}, and lab:backup.region says ${region}`,
        "write the region of the bucket's endpoint in both",
      );
}
