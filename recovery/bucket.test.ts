import { describe, expect, test } from "vitest";
import { silenceOf } from "./ask.ts";
import { judgeRefusal, judgeRegion, parseListing } from "./bucket.ts";

const config = {
  bucket: "lab-backup",
  endpoint: "https://s3.eu-central-003.backblazeb2.com",
  region: "eu-central-003",
  generation: 1,
};

describe("a page of a listing", () => {
  test("has objects with any name, folders, and the start of the next page", () =>
    expect(
      parseListing(
        '<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a+b/c=</NextContinuationToken>' +
          '<Contents><Key>lab/1/etcd/a%26b+c%3Cd</Key><LastModified>2026-11-21T06:00:01.000Z</LastModified><ETag>"x"</ETag></Contents>' +
          "<Contents>\n<LastModified>2026-11-20T06:00:01Z</LastModified><Key>second</Key></Contents>" +
          "<CommonPrefixes><Prefix>lab/1/</Prefix></CommonPrefixes></ListBucketResult>",
      ),
    ).toEqual({
      objects: [
        { key: "lab/1/etcd/a&b c<d", modified: new Date("2026-11-21T06:00:01Z") },
        { key: "second", modified: new Date("2026-11-20T06:00:01Z") },
      ],
      folders: ["lab/1/"],
      next: "a+b/c=",
    }));

  test("is the last one where it is empty", () =>
    expect(parseListing("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")).toEqual({
      objects: [],
      folders: [],
      next: undefined,
    }));
});

describe("explains each error of the store", () => {
  test.each([
    [403, "InvalidAccessKeyId", "does not know this key id"],
    [403, "SignatureDoesNotMatch", "the key does not belong to its id"],
    [403, "AccessDenied", "no permission to list lab-backup"],
    [404, "NoSuchBucket", "there is no bucket lab-backup"],
    [400, "AuthorizationHeaderMalformed", "eu-central-003 is not the bucket's region"],
    [403, "RequestTimeTooSkewed", "clock"],
    [503, "SlowDown", "answers 503 SlowDown"],
    [418, "", "answers 418"],
  ])("%i %s", (status, code, words) => {
    const { outcome, says, fix } = judgeRefusal(status, `<Error><Code>${code}</Code></Error>`, config);
    expect([outcome, says]).toEqual(["wrong", expect.stringContaining(words)]);
    expect(fix).not.toBe("");
  });
});

test("reports a region of lab:backup that differs from the endpoint's", () => {
  expect(judgeRegion(config)).toBeUndefined();
  expect(judgeRegion({ ...config, endpoint: "https://s3.lab.example" })).toBeUndefined();
  expect(judgeRegion({ ...config, region: "us-west-004" })?.says).toContain("is in eu-central-003");
});

describe("reports each connection failure", () => {
  const failed = (code: string) => Object.assign(new TypeError("fetch failed"), { cause: { code } });
  test.each([
    [failed("ENOTFOUND"), "absent", "no DNS knows s3.lab"],
    [failed("ECONNREFUSED"), "absent", "nothing listens at s3.lab"],
    [failed("DEPTH_ZERO_SELF_SIGNED_CERT"), "untrusted", "not trusted here"],
    [failed("ERR_TLS_CERT_ALTNAME_INVALID"), "untrusted", "not trusted here"],
    [failed("EHOSTUNREACH"), "absent", "EHOSTUNREACH"],
    [new DOMException("late", "TimeoutError"), "absent", "does not answer within 10 s"],
  ])("%s", (error, silence, words) =>
    expect(silenceOf(error, "s3.lab")).toEqual({ silence, says: expect.stringContaining(words) }),
  );
});
