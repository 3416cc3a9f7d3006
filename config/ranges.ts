import { Address4 } from "ip-address";

/** An inclusive range of IPv4 addresses, as unsigned integers. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/** A network in CIDR form. `range` holds every address, the network and broadcast addresses too. */
export interface Cidr {
  readonly text: string;
  readonly prefix: number;
  readonly range: Range;
}

/** The number of an address, or undefined where the text is no IPv4 address. A prefix length is no part of one. */
export function parseAddress(text: string): bigint | undefined {
  if (text.includes("/") || !Address4.isValid(text)) return undefined;
  return new Address4(text).bigInt();
}

export function formatAddress(address: bigint): string {
  return Address4.fromBigInt(address).correctForm();
}

/** A CIDR block, or undefined where the text is none, or has bits set behind its prefix (10.0.0.5/24). */
export function parseCidr(text: string): Cidr | undefined {
  if (!/\/\d+$/.test(text) || !Address4.isValid(text)) return undefined;
  const block = new Address4(text);
  const first = block.startAddress().bigInt();
  if (block.bigInt() !== first) return undefined;
  return { text, prefix: block.subnetMask, range: { first, last: block.endAddress().bigInt() } };
}

/** A range written as CIDR (192.168.10.224/28) or as two addresses (10.0.0.1-10.0.0.9), or undefined. */
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

/** How many addresses the range holds. */
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

/** The addresses a host can have: without the network and broadcast addresses, except in a /31 and a /32. */
export function hostRange(cidr: Cidr): Range {
  return cidr.prefix >= 31 ? cidr.range : { first: cidr.range.first + 1n, last: cidr.range.last - 1n };
}
