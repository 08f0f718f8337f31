// Zips assembled by hand, so that every field of them can be wrong.
import { crc32 } from 'node:zlib';

/** A member: what is left out is right. */
export interface Part {
  readonly name: string;
  readonly localName?: string;
  readonly data: Uint8Array;
  readonly size?: number;
  readonly localSize?: number;
  readonly stored?: number;
  readonly localStored?: number;
  readonly crc?: number;
  readonly localCrc?: number;
  readonly method?: number;
  readonly localMethod?: number;
  readonly flags?: number;
  readonly localFlags?: number;
  readonly mode?: number;
  readonly extra?: Uint8Array;
  /** Place of the header, for a member that shares another's. */
  readonly offset?: number;
  /** What comes behind the content. */
  readonly behind?: Uint8Array;
  readonly signature?: number;
}

/** The record at the end: what is left out is right. */
export interface End {
  readonly count?: number;
  readonly offset?: number;
  readonly disk?: number;
  readonly comment?: string;
  readonly commentLength?: number;
  /** Records with 64 bits: number of members, place of the directory. */
  readonly zip64?: { count?: bigint; offset?: bigint; at?: bigint };
  readonly trailing?: Uint8Array;
}

/** Little-endian numbers, each with its bytes. */
export function numbers(...fields: readonly (readonly [bytes: number, value: number | bigint])[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
      return field.subarray(0, bytes);
    }),
  );
}

export function localHeader(part: Part): Buffer {
  const { data, flags = 0, method = 0 } = part;
  const name = Buffer.from(part.localName ?? part.name);
  const { size = data.length, stored = data.length, crc = crc32(data) } = part;
  return Buffer.concat([
    numbers([4, part.signature ?? 0x04034b50], [2, 20], [2, part.localFlags ?? flags], [2, part.localMethod ?? method]),
    numbers([4, 0x210000], [4, part.localCrc ?? crc], [4, part.localStored ?? stored], [4, part.localSize ?? size]),
    numbers([2, name.length], [2, 0]),
    name,
  ]);
}

function directoryRecord(part: Part, offset: number): Buffer {
  const { data, flags = 0, method = 0, mode = 0o100644, extra = new Uint8Array(0) } = part;
  const name = Buffer.from(part.name);
  const { size = data.length, stored = data.length, crc = crc32(data) } = part;
  return Buffer.concat([
    numbers(
      [4, 0x02014b50],
      [2, 0x314],
      [2, 20],
      [2, flags],
      [2, method],
      [4, 0x210000],
      [4, crc],
      [4, stored],
      [4, size],
    ),
    numbers(
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, mode * 2 ** 16],
      [4, part.offset ?? offset],
    ),
    name,
    extra,
  ]);
}

export function zipOf(parts: readonly Part[], end: End = {}): Uint8Array {
  const contents: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    directory.push(directoryRecord(part, at));
    if (part.offset !== undefined) continue;
    const content = Buffer.concat([localHeader(part), part.data, part.behind ?? new Uint8Array(0)]);
    contents.push(content);
    at += content.length;
  }
  const records = Buffer.concat(directory);
  const { zip64 } = end;
  const long = Buffer.concat([
    numbers([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, zip64?.count ?? parts.length]),
    numbers([8, zip64?.count ?? parts.length], [8, records.length], [8, zip64?.offset ?? at]),
    numbers([4, 0x07064b50], [4, 0], [8, zip64?.at ?? at + records.length], [4, 1]),
  ]);
  const comment = Buffer.from(end.comment ?? '');
  const count = end.count ?? (zip64 === undefined ? parts.length : 0xffff);
  const last = numbers(
    [4, 0x06054b50],
    [2, end.disk ?? 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, records.length],
    [4, end.offset ?? (zip64 === undefined ? at : 0xffffffff)],
    [2, end.commentLength ?? comment.length],
  );
  const tail = [zip64 === undefined ? Buffer.alloc(0) : long, last, comment, end.trailing ?? new Uint8Array(0)];
  return new Uint8Array(Buffer.concat([...contents, records, ...tail]));
}
