// Mutations of bytes that know nothing of a format.
import { edges, type Random } from './random.ts';

export type Mutate = (random: Random, bytes: Uint8Array, others: readonly Uint8Array[]) => Uint8Array;

/** Writes a number of 1, 2, 4 or 8 bytes, in either order, at a place. */
export function poke(bytes: Uint8Array, at: number, width: number, value: bigint, isBigEndian = false): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let index = 0; index < width; index++) {
    const place = at + (isBigEndian ? width - 1 - index : index);
    if (place < copy.length) copy[place] = Number((value >> BigInt(8 * index)) & 0xffn);
  }
  return copy;
}

/** A number to put in place of another one of some bytes. */
export function nearby(random: Random, bytes: Uint8Array, at: number, width: number): bigint {
  let old = 0n;
  for (let index = width - 1; index >= 0; index--) old = (old << 8n) | BigInt(bytes[at + index] ?? 0);
  switch (random.below(5)) {
    case 0:
      return old + 1n;
    case 1:
      return old - 1n;
    case 2:
      return old * 2n;
    case 3:
      return BigInt(random.below(bytes.length + 16));
    default:
      return random.pick(edges);
  }
}

const widths = [1, 2, 4, 8];

const mutations: readonly Mutate[] = [
  (random, bytes) => poke(bytes, random.below(bytes.length), 1, BigInt(random.next())),
  (random, bytes) => {
    const at = random.below(bytes.length);
    return poke(bytes, at, 1, BigInt((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  (random, bytes) => {
    const [at, width] = [random.below(bytes.length), random.pick(widths)];
    return poke(bytes, at, width, nearby(random, bytes, at, width), random.once(4));
  },
  (random, bytes) => bytes.slice(0, random.below(bytes.length)),
  (random, bytes) => Buffer.concat([bytes, new Uint8Array(random.below(64)).fill(random.below(256))]),
  (random, bytes) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(32))]);
  },
  (random, bytes) => {
    const [from, to] = [random.below(bytes.length), random.below(bytes.length)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, from + random.below(256)), bytes.subarray(to)]);
  },
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    const [from, to, length] = [random.below(bytes.length), random.below(bytes.length), random.below(64)];
    copy.copyWithin(to, from, from + length);
    return copy;
  },
  (random, bytes) => {
    const at = random.below(bytes.length);
    return Buffer.from(bytes).fill(random.pick([0, 255]), at, Math.min(bytes.length, at + random.below(32)));
  },
  (random, bytes, others) => {
    const other = random.pick(others);
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length))]);
  },
];

/** One change, or now and then a few. */
export const anyBytes: Mutate = (random, bytes, others) => {
  let result = bytes;
  do result = random.pick(mutations)(random, result, others);
  while (random.once(3));
  return result;
};
