import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ZipFile as Yazl } from 'yazl';
import { FileError } from '../../ts/errors.ts';
import { bytesInMemory, type Chunk } from '../../ts/io/bytes.ts';
import { combined } from '../../ts/io/crc.ts';
import { openZip, writeZip, type ZipInput } from '../../ts/io/zip.ts';
import { collect } from './collect.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const member = (name: string, data: Uint8Array): ZipInput => ({ name, data, size: data.length });
const streamed = (name: string, data: Uint8Array): ZipInput => ({
  name,
  size: data.length,
  data: (async function* () {
    yield data.subarray(0, 3);
    yield data.subarray(3);
  })(),
});

describe('checksums of parts', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 31) >> 3);

  it('become that of the whole', () => {
    for (const at of [0, 1, 2, 3, 255, 256, 4095, 4999, 5000])
      expect(combined(crc32(bytes.subarray(0, at)), crc32(bytes.subarray(at)), 5000 - at)).toBe(crc32(bytes));
  });

  it('do so beyond 4 GiB', () => {
    const half = 2 ** 32 + 12_345;
    const zeros = (length: number): number => {
      if (length === 0) return 0;
      const [part, rest] = [zeros(Math.floor(length / 2)), length % 2 === 1 ? crc32(new Uint8Array(1)) : 0];
      return combined(combined(part, part, Math.floor(length / 2)), rest, length % 2);
    };
    expect(zeros(5000)).toBe(crc32(new Uint8Array(5000)));
    const first = crc32(bytes);
    // However it is cut.
    expect(combined(combined(first, zeros(half), half), zeros(half), half)).toBe(
      combined(first, zeros(2 * half), 2 * half),
    );
  });
});

describe('zip', () => {
  const large = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251);
  const inputs = (): ZipInput[] => [
    member('metadata.json', text('{"a": 1}')),
    streamed('model.weights.h5', large),
    member('assets/ä.txt', text('umlaut')),
    member('empty', new Uint8Array(0)),
  ];

  it.each([false, true])('reads what it writes (deflate: %s)', async (deflate) => {
    const bytes = await collect(writeZip(inputs(), { deflate }));
    const zip = await openZip(bytesInMemory('a.zip', bytes));
    expect([...zip.members.keys()]).toEqual(['metadata.json', 'model.weights.h5', 'assets/ä.txt', 'empty']);
    expect(await zip.read('metadata.json')).toEqual(text('{"a": 1}'));
    expect(Buffer.from(large).equals(await zip.read('model.weights.h5'))).toBe(true);
    expect(new TextDecoder().decode(await zip.read('assets/ä.txt'))).toBe('umlaut');
    expect((await zip.read('empty')).length).toBe(0);
    const source = await zip.source('model.weights.h5');
    expect(Buffer.from(large.subarray(1000, 1100)).equals(await source.read(1000, 100))).toBe(true);
    await expect(source.read(299_999, 2)).rejects.toThrow(FileError);
    if (deflate) expect(zip.members.get('model.weights.h5')?.storedSize).toBeLessThan(large.length);
  });

  it.each([false, true])('has the checksum of what comes late (deflate: %s)', async (deflate) => {
    const late = (from: number, to: number) => ({ length: to - from, content: async () => large.subarray(from, to) });
    const own = (name: string, data: Iterable<Chunk>): ZipInput => ({
      name,
      size: large.length,
      data: (async function* () {
        yield* data;
      })(),
    });
    const inputs = [
      own('begin', [late(0, 1000), large.subarray(1000)]),
      own('middle', [large.subarray(0, 7), late(7, 7), late(7, 100), large.subarray(100, 5000), late(5000, 300_000)]),
      member('none', text('of it')),
    ];
    const zip = await openZip(bytesInMemory('a.zip', await collect(writeZip(inputs, { deflate }))));
    expect(zip.members.size).toBe(3);
    // Reading checks the checksums.
    for (const name of ['begin', 'middle']) expect(Buffer.from(large).equals(await zip.read(name))).toBe(true);
  });

  it('gives the same bytes for the same content', async () => {
    const [first, second] = [await collect(writeZip(inputs())), await collect(writeZip(inputs()))];
    expect(Buffer.from(first).equals(second)).toBe(true);
  });

  it('does not copy a stored member of bytes in memory', async () => {
    const bytes = await collect(writeZip([member('a', large)]));
    const zip = await openZip(bytesInMemory('a.zip', bytes));
    expect((await (await zip.source('a')).read(0, 10)).buffer).toBe(bytes.buffer);
  });

  it.each([0, 6])('reads what yazl writes (level %s), with descriptors and extra fields', async (compressionLevel) => {
    const zip = new Yazl();
    zip.addBuffer(Buffer.from(large), 'buffer', { compressionLevel });
    zip.addEmptyDirectory('folder');
    zip.addReadStream((await import('node:stream')).Readable.from([Buffer.from(large)]), 'folder/stream', {
      compressionLevel,
      forceZip64Format: true,
    });
    zip.end({ forceZip64Format: true, comment: 'a comment' });
    const opened = await openZip(bytesInMemory('a.zip', await collect(zip.outputStream as AsyncIterable<Uint8Array>)));
    expect([...opened.members.keys()]).toEqual(['buffer', 'folder/stream']);
    for (const name of opened.members.keys()) expect(Buffer.from(large).equals(await opened.read(name))).toBe(true);
  });

  it('names what is missing and what is too large', async () => {
    const zip = await openZip(bytesInMemory('m.keras', await collect(writeZip(inputs()))));
    await expect(zip.read('config.json')).rejects.toThrow(/m\.keras lacks config\.json; it has metadata\.json, model/);
    await expect(zip.read('model.weights.h5', 1000)).rejects.toThrow(/has 300000 bytes; at most 1000 are read/);
  });

  it('refuses to write what readers would refuse', async () => {
    for (const name of ['', '../a', '/a', 'a\\b', 'a\0', 'a//b', 'C:a'])
      await expect(collect(writeZip([member(name, large)]))).rejects.toThrow(/cannot be the name of a member/);
    await expect(collect(writeZip([member('a', large), member('a', large)]))).rejects.toThrow(/Two members/);
    await expect(collect(writeZip([{ ...streamed('a', large), size: 3 }]))).rejects.toThrow(
      'The member a of a zip gave 300000 bytes instead of 3',
    );
  });

  it('writes sizes beyond 4 GiB with 64 bits', async () => {
    // Only the records are looked at: the content is of this size, but never kept.
    const size = 2 ** 32 + 5;
    const piece = new Uint8Array(2 ** 24);
    const data = (async function* () {
      for (let at = 0; at < size; at += piece.length) yield piece.subarray(0, Math.min(piece.length, size - at));
    })();
    const kept: { at: number; bytes: Uint8Array }[] = [];
    let at = 0;
    for await (const bytes of writeZip([{ name: 'big', data, size }, member('small', text('behind'))])) {
      if (bytes.length < 1000) kept.push({ at, bytes: bytes as Uint8Array });
      at += bytes.length;
    }
    const source = {
      name: 'big.zip',
      size: at,
      async read(position: number, length: number): Promise<Uint8Array> {
        const result = new Uint8Array(length);
        for (const { at: start, bytes } of kept) {
          const [from, to] = [Math.max(position, start), Math.min(position + length, start + bytes.length)];
          if (from < to) result.set(bytes.subarray(from - start, to - start), from - position);
        }
        return result;
      },
      async close() {},
    };
    const zip = await openZip(source);
    expect(zip.members.get('big')?.size).toBe(size);
    expect(new TextDecoder().decode(await zip.read('small'))).toBe('behind');
  });
});
