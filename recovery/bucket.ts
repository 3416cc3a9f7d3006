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
  /** Folders, with the slash at their end; only in a listing with a delimiter. */
  readonly folders: readonly string[];
}

/** Location of the bucket. */
type Place = Pick<LabConfig["backup"], "bucket" | "endpoint" | "region" | "generation">;

/** The bucket cannot be read: the problem and its fix. */
export class BucketClosed extends Error {
  readonly judgement: Judgement;

  constructor(judgement: Judgement) {
    super(judgement.says);
    this.name = "BucketClosed";
    this.judgement = judgement;
  }
}

/** Fifty thousand objects: a longer listing is reported, not silently cut. */
const pageLimit = 50;

/** The bucket of the backups, read-only. */
export class Bucket {
  readonly #config: Place;
  readonly #client: AwsClient;

  constructor(config: Place, key: { readonly id: string; readonly secret: string }) {
    this.#config = config;
    // Without retries: the command reports a problem at once.
    this.#client = new AwsClient({
      accessKeyId: key.id,
      secretAccessKey: key.secret,
      service: "s3",
      region: config.region,
      retries: 0,
    });
  }

  /** All objects below a prefix; with `flat`, only up to the next slash. @throws BucketClosed */
  async list(prefix: string, { flat = false } = {}): Promise<Listing> {
    const objects: StoredObject[] = [];
    const folders: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < pageLimit; page++) {
      // URL-encoded, so that a key with any character is valid in the XML.
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
        "check whether old backups are deleted as scheduled",
      ),
    );
  }

  /** The text of a small object. @throws BucketClosed */
  async read(key: string): Promise<string> {
    return await this.#get(`/${key.split("/").map(encodeURIComponent).join("/")}`);
  }

  async #get(rest: string): Promise<string> {
    const { bucket, endpoint } = this.#config;
    // Path-style: the certificates of some stores do not cover the bucket's host name.
    const url = `${endpoint.replace(/\/$/, "")}/${bucket}${rest}`;
    const answer = await ask(await this.#client.sign(url));
    if ("says" in answer)
      throw new BucketClosed(
        wrong(
          answer.says,
          answer.silence === "untrusted"
            ? "check lab:backup.endpoint, or add the store's certificate authority by NODE_EXTRA_CA_CERTS"
            : "check lab:backup.endpoint and this machine's Internet access; status.backblaze.com says whether B2 is up",
        ),
      );
    if (answer.status !== 200) throw new BucketClosed(judgeRefusal(answer.status, answer.body, this.#config));
    return answer.body;
  }
}

/** A page of ListObjectsV2. The elements that are read contain no others, and keys are URL-encoded. */
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

/** The meaning of a store's error. */
export function judgeRefusal(status: number, xml: string, { bucket, region }: Place): Judgement {
  const code = /<Code>([A-Za-z]+)<\/Code>/.exec(xml)?.[1] ?? "";
  const setAnew = "pulumi config set --secret lab:backupKeyId and lab:backupKey";
  switch (code) {
    case "InvalidAccessKeyId":
      return wrong(
        "the store does not know this key id",
        `the key was deleted or mistyped: create one for ${bucket}, ${setAnew}`,
      );
    case "SignatureDoesNotMatch":
      return wrong(
        "the key does not belong to its id",
        `set both again, as Backblaze displayed them: ${setAnew}; or ${region} is not the bucket's region`,
      );
    case "AccessDenied":
      return wrong(
        `the key has no permission to list ${bucket}`,
        `create a key for ${bucket} with listBuckets, listFiles, readFiles and writeFiles, then ${setAnew}`,
      );
    case "NoSuchBucket":
      return wrong(
        `there is no bucket ${bucket} here`,
        "compare lab:backup.bucket and lab:backup.endpoint with Backblaze's page: a bucket exists in its own region only",
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
          ? "the store has a problem: try again, and see status.backblaze.com"
          : "compare lab:backup with Backblaze's page",
      );
  }
}

/**
 * Backblaze's endpoints contain their region, which must equal lab:backup.region; undefined where there is
 * nothing to compare.
 */
export function judgeRegion({ endpoint, region }: Place): Judgement | undefined {
  const named = /^s3\.([a-z0-9-]+)\.backblazeb2\.com$/.exec(new URL(endpoint).hostname)?.[1];
  return named === undefined || named === region
    ? undefined
    : wrong(
        `lab:backup.endpoint is in ${named}, and lab:backup.region says ${region}`,
        "write the region of the bucket's endpoint in both",
      );
}
