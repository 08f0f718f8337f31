// safetensors files that must be refused.
import { type HostileFile, text } from './entry.ts';

/** A safetensors file of a header and bytes. */
export function safetensors(header: unknown, data: number | Uint8Array = 24, length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? Buffer.from(header) : Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(json.length));
  return new Uint8Array(Buffer.concat([size, json, typeof data === 'number' ? new Uint8Array(data) : data]));
}

const tensor = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** A right file of two tensors. */
export const rightSafetensors: Uint8Array = safetensors({ a: tensor(0, 16, [2, 2]), b: tensor(16, 24) });

const refused = (
  name: string,
  says: string | RegExp,
  header: unknown,
  data?: number | Uint8Array,
  length?: bigint,
): HostileFile => ({
  name: `safetensors: ${name}`,
  format: 'safetensors',
  bytes: header instanceof Uint8Array ? header : safetensors(header, data, length),
  says,
});
const one = (name: string, says: string | RegExp, shape: unknown, dtype: unknown = 'F32'): HostileFile =>
  refused(name, says, { a: tensor(0, 24, shape, dtype) });

export const hostileSafetensors: readonly HostileFile[] = [
  refused('no bytes', 'has 0 bytes', new Uint8Array(0)),
  refused('seven bytes', 'has 7 bytes', new Uint8Array(7)),
  refused('a header of 2^63 bytes', 'has a header of 9223372036854775808 bytes', '{}', 0, 2n ** 63n),
  refused('a header of 2^64 - 1 bytes', 'has a header of 18446744073709551615 bytes', '{}', 0, 2n ** 64n - 1n),
  refused('a header of 100 MB and one', 'has a header of 100000001 bytes', '{}', 0, 100_000_001n),
  refused('a header longer than the file', 'is cut off', '{}', 0, 99_999_999n),
  refused('cut off', 'is cut off', rightSafetensors.slice(0, -1)),
  refused('bytes behind the last tensor', 'has 3 bytes behind its last tensor', { a: tensor(0, 24, [6]) }, 27),
  refused('no tensors but bytes', 'behind its last tensor', {}, 8),
  refused('a header that is a list', 'does not begin with {', '[]'),
  refused('a header that begins with a space', 'does not begin with {', ' {}'),
  refused('a header that is no JSON', 'is no JSON', '{"a": }'),
  refused(
    'a header that is no UTF-8',
    'are no UTF-8',
    safetensors('{"a": 1}').map((byte) => (byte === 0x61 ? 0xff : byte)),
  ),
  refused('a header of 100,000 levels', 'more than 64 levels', `{"a": ${'['.repeat(100_000)}`),
  refused('a million values', 'more than 1000000 values', `{"a": [${'0,'.repeat(1_000_001)}0]}`),
  refused(
    'a name twice',
    'the key "a" twice',
    `{"a": ${JSON.stringify(tensor(0, 24))}, "a": ${JSON.stringify(tensor(0, 24))}}`,
  ),
  refused('__proto__', 'the key "__proto__"', `{"__proto__": ${JSON.stringify(tensor(0, 24))}}`),
  refused('metadata that is no text', '__metadata__ must hold texts', { __metadata__: { a: { b: 1 } } }, 0),
  refused('metadata that is a text', '__metadata__ must hold texts', { __metadata__: 'a' }, 0),
  refused('a tensor that is null', 'has the dtype undefined', { a: null }),
  refused('a tensor with another field', 'the unknown field "code"', { a: { ...tensor(0, 24), code: 'x' } }),
  refused('no shape', 'has no shape', { a: { dtype: 'F32', data_offsets: [0, 24] } }),
  refused('no offsets', 'has no data_offsets', { a: { dtype: 'F32', shape: [6] } }),
  refused('three offsets', 'has no data_offsets', { a: { ...tensor(0, 24), data_offsets: [0, 12, 24] } }),
  refused('negative offsets', 'has no data_offsets', { a: { ...tensor(0, 24), data_offsets: [-24, 0] } }),
  refused(
    'offsets past 2^53',
    'has no data_offsets',
    `{"a": {"dtype": "F32", "shape": [6], "data_offsets": [0, 1e300]}}`,
  ),
  refused('offsets the wrong way round', 'has -24 bytes', { a: { ...tensor(0, 24), data_offsets: [24, 0] } }),
  refused('tensors that overlap', 'overlaps the one before it', { a: tensor(0, 16), b: tensor(12, 24) }),
  refused('a tensor twice', 'overlaps the one before it', { a: tensor(0, 24), b: tensor(0, 24) }),
  refused('a hole', 'leaves 8 bytes before it unused', { a: tensor(0, 8), b: tensor(16, 24) }),
  refused('a hole in front', 'leaves 4 bytes before it unused', { a: tensor(4, 24) }),
  refused('a tensor behind the end', 'is cut off', { a: tensor(0, 400) }),
  one('an unknown dtype', 'has the dtype "F31"', [6], 'F31'),
  one("a dtype of every object's prototype", 'has the dtype "constructor"', [6], 'constructor'),
  one('a dtype that is a list', 'has the dtype ["F32"]', [6], ['F32']),
  one('four bits', 'has the dtype "F4"', [48], 'F4'),
  one('other bytes than the shape', 'needs 20', [5]),
  one('a negative size', 'sizes are whole numbers', [-6]),
  one('two negative sizes', 'sizes are whole numbers', [-2, -3]),
  one('a size of 1.5', 'sizes are whole numbers', [1.5, 4]),
  one('a size that is a text', 'sizes are whole numbers', ['6']),
  one('sizes whose product is 2^64 + 6', 'more than an array holds', [2 ** 32, 2 ** 32 + 1]),
  one('no elements beside a size of 2^50', 'more than an array holds', [0, 2 ** 50]),
  one('nine axes', 'has 9 axes', [6, 1, 1, 1, 1, 1, 1, 1, 1]),
  one('255 axes', 'has 255 axes', new Array(255).fill(1)),
  one('a shape that is a text', 'has no shape', '6'),
  refused('an int64 beyond int32', 'beyond int32', { a: tensor(0, 24, [3], 'I64') }, new Uint8Array(24).fill(0x7f)),
  refused('a bool of 255', 'which is no bool', { a: tensor(0, 4, [4], 'BOOL') }, text('\x01\x00\x01\x7f')),
];
