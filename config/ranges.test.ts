import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  contains,
  covers,
  formatAddress,
  hostRange,
  overlap,
  parseAddress,
  parseCidr,
  parseRange,
  sizeOf,
} from "./ranges.ts";

const address = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const range = fc
  .tuple(address, address)
  .map(([one, other]) => (one < other ? { first: one, last: other } : { first: other, last: one }));

describe("addresses", () => {
  test("parses every formatted address", () =>
    fc.assert(fc.property(address, (number) => parseAddress(formatAddress(number)) === number)));

  test.each(["", "banana", "10.0.0", "10.0.0.256", "10.0.0.1/24", "1.2.3.4.5", "::1"])("rejects %j", (text) =>
    expect(parseAddress(text)).toBeUndefined(),
  );
});

describe("networks", () => {
  const prefix = fc.integer({ min: 1, max: 32 });

  test("counts the addresses of a network by its prefix", () =>
    fc.assert(
      fc.property(address, prefix, (number, bits) => {
        const size = 2n ** BigInt(32 - bits);
        const first = (number / size) * size;
        const cidr = parseCidr(`${formatAddress(first)}/${bits}`);
        return cidr?.range.first === first && sizeOf(cidr.range) === size;
      }),
    ));

  test("excludes the network and broadcast addresses from the host range", () =>
    fc.assert(
      fc.property(address, fc.integer({ min: 1, max: 30 }), (number, bits) => {
        const size = 2n ** BigInt(32 - bits);
        const cidr = parseCidr(`${formatAddress((number / size) * size)}/${bits}`);
        if (cidr === undefined) return false;
        const hosts = hostRange(cidr);
        return (
          covers(cidr.range, hosts) && !contains(hosts, cidr.range.first) && !contains(hosts, cidr.range.last)
        );
      }),
    ));

  test.each(["10.0.0.5/24", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "x/24"])("rejects %j", (text) =>
    expect(parseCidr(text)).toBeUndefined(),
  );
});

describe("ranges", () => {
  test("finds an overlap exactly if two ranges share an address, in either order", () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 4, maxLength: 4 }),
        ([a = 0, b = 0, c = 0, d = 0]) => {
          const one = { first: BigInt(Math.min(a, b)), last: BigInt(Math.max(a, b)) };
          const other = { first: BigInt(Math.min(c, d)), last: BigInt(Math.max(c, d)) };
          const shared = Array.from({ length: 31 }, (_, at) => BigInt(at)).some(
            (at) => contains(one, at) && contains(other, at),
          );
          return overlap(one, other) === shared && overlap(other, one) === shared;
        },
      ),
    ));

  test("parses two addresses as a range, the lower one first", () =>
    fc.assert(
      fc.property(range, (given) => {
        const parsed = parseRange(`${formatAddress(given.first)}-${formatAddress(given.last)}`);
        return parsed?.first === given.first && parsed.last === given.last;
      }),
    ));

  test("parses a CIDR as a range", () =>
    expect(sizeOf(parseRange("192.168.10.224/28") ?? { first: 1n, last: 0n })).toBe(16n));
  test.each(["10.0.0.9-10.0.0.1", "10.0.0.1-", "10.0.0.1-10.0.0.2-10.0.0.3"])("rejects %j", (text) =>
    expect(parseRange(text)).toBeUndefined(),
  );
});
