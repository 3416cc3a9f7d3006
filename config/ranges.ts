import { Address4 } from "ip-address";

/** An inclusive range of IPv4 addresses, as unsigned integers. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/** A network in CIDR form. `range` includes the network and broadcast addresses. */
export interface Cidr {
  readonly text: string;
  readonly prefix: number;
  readonly range: Range;
}

/** An IPv4 address as a number; undefined for any other text, also for an address with a prefix length. */
export function parseAddress(text: string): bigint | undefined {
  if (text.includes("/") || !Address4.isValid(text)) return undefined;
  return new Address4(text).bigInt();
}

export function formatAddress(address: bigint): string {
  return Address4.fromBigInt(address).correctForm();
}

/** A CIDR block; undefined for any other text, and for a block with host bits set (10.0.0.5/24). */
export function parseCidr(text: string): Cidr | undefined {
  if (!/\/\d+$/.test(text) || !Address4.isValid(text)) return undefined;
  const block = new Address4(text);
  const first = block.startAddress().bigInt();
  if (block.bigInt() !== first) return undefined;
  return { text, prefix: block.subnetMask, range: { first, last: block.endAddress().bigInt() } };
}

/** A range as CIDR (192.168.10.224/28) or two addresses (10.0.0.1-10.0.0.9); undefined for any other text. */
export function parseRange(text: string): Range | undefined {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return cidr.range;
  const [from, to, ...rest] = text.split("-");
  if (from === undefined || to === undefined || rest.length > 0) return undefined;
  const first = parseAddress(from);
  const last = parseAddress(to);
  return first === undefined || last === undefined || first > last ? undefined : { first, last };
}

export function formatRange(range: Range): string {
  return `${formatAddress(range.first)}-${formatAddress(range.last)}`;
}

/** Number of addresses in a range. */
export function sizeOf(range: Range): bigint {
  return range.last - range.first + 1n;
}

export function contains(range: Range, address: bigint): boolean {
  return range.first <= address && address <= range.last;
}

export function covers(outer: Range, inner: Range): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export function overlap(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** The addresses that hosts can use: without the network and broadcast addresses, except in a /31 and a /32. */
export function hostRange(cidr: Cidr): Range {
  return cidr.prefix >= 31 ? cidr.range : { first: cidr.range.first + 1n, last: cidr.range.last - 1n };
}
