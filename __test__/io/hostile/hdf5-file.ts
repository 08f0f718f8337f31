// A small HDF5 file, assembled by hand from HDF5's File Format Specification, so that every field of it can be made wrong.
import { deflateSync } from 'node:zlib';

/** No address. */
export const NOWHERE = 0xffff_ffff_ffff_ffffn;

type Value = number | bigint;

/** Bytes that grow, with names for places to change later. */
export class Assembly {
  #bytes = Buffer.alloc(0);
  /** Places by their names. */
  readonly at: Record<string, number> = {};

  get size(): number {
    return this.#bytes.length;
  }

  mark(name: string): this {
    this.at[name] = this.size;
    return this;
  }

  raw(bytes: Uint8Array | string): this {
    this.#bytes = Buffer.concat([this.#bytes, typeof bytes === 'string' ? Buffer.from(bytes) : bytes]);
    return this;
  }

  /** Numbers of some bytes each. */
  put(width: number, ...values: Value[]): this {
    for (const value of values) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
      this.raw(bytes.subarray(0, width));
    }
    return this;
  }

  zeros(count: number): this {
    return this.raw(new Uint8Array(count));
  }

  /** Fills up to a size from a place on. */
  upTo(place: string, bytes: number): this {
    return this.zeros((this.at[place] as number) + bytes - this.size);
  }

  /** Changes a number at a place. */
  set(place: string | number, width: number, value: Value): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
    bytes.copy(this.#bytes, typeof place === 'number' ? place : this.place(place), 0, width);
    return this;
  }

  place(name: string): number {
    const place = this.at[name];
    if (place === undefined) throw new Error(`no place "${name}"`);
    return place;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#bytes);
  }
}

/** A message of an object header. */
export function message(
  type: number,
  fill: (body: Assembly) => void,
  flags = 0,
): (file: Assembly, name: string) => void {
  return (file, name) => {
    const body = new Assembly();
    fill(body);
    body.zeros((8 - (body.size % 8)) % 8);
    file
      .mark(`${name} type`)
      .put(2, type)
      .mark(`${name} size`)
      .put(2, body.size)
      .mark(`${name} flags`)
      .put(1, flags)
      .zeros(3);
    for (const [place, at] of Object.entries(body.at)) file.at[`${name} ${place}`] = file.size + at;
    file.mark(name).raw(body.bytes());
  };
}

/** An object header of version 1. */
export function header(
  file: Assembly,
  name: string,
  messages: Readonly<Record<string, ReturnType<typeof message>>>,
): void {
  const all = Object.entries(messages);
  file.mark(name).mark(`${name} version`).put(1, 1, 0).mark(`${name} messages`).put(2, all.length).put(4, 1);
  file.mark(`${name} size`).put(4, 0).zeros(4);
  const start = file.size;
  for (const [key, add] of all) add(file, `${name} ${key}`);
  file.set(`${name} size`, 4, file.size - start);
}

export const float32 = (body: Assembly): Assembly =>
  body
    .mark('class')
    .put(1, 0x11)
    .mark('order')
    .put(1, 0x20, 0x1f, 0)
    .mark('bytes')
    .put(4, 4)
    .put(2, 0, 32)
    .put(1, 23, 8, 0, 23)
    .put(4, 127);

const text = (body: Assembly): Assembly =>
  body.mark('class').put(1, 0x19, 0x01, 0x01, 0).mark('bytes').put(4, 16).put(1, 0x10, 0, 0, 0).put(4, 1).put(2, 0, 8);

export const space = (body: Assembly, ...dims: Value[]): Assembly =>
  body
    .mark('version')
    .put(1, 1)
    .mark('rank')
    .put(1, dims.length)
    .mark('flags')
    .put(1, 0)
    .zeros(5)
    .mark('dims')
    .put(8, ...dims);

/** An attribute "name" that is a text. */
const attribute = message(0x0c, (body) => {
  body
    .mark('version')
    .put(1, 1, 0)
    .mark('name bytes')
    .put(2, 5)
    .mark('type bytes')
    .put(2, 20)
    .mark('space bytes')
    .put(2, 8);
  body.raw('name\0\0\0\0');
  text(body).zeros(4);
  space(body).mark('length').put(4, 5).mark('collection').put(8, 0).mark('object').put(4, 1);
});

/**
 * A right file: a group with the datasets "c" (8 numbers in packed chunks of 4) and "w" (4 contiguous numbers); the group has a text as
 * attribute. `dims` and `chunk`: of "c"; `stored`: the bytes of its first chunk.
 */
export function smallFile({
  dims = [8],
  chunk = [4],
  chunks = 2,
  stored = deflateSync(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)),
}: {
  dims?: Value[];
  chunk?: Value[];
  chunks?: number;
  stored?: Uint8Array;
} = {}): Assembly {
  const file = new Assembly();
  file.mark('signature').raw(new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]));
  file
    .mark('superblock version')
    .put(1, 0, 0, 0, 0, 0)
    .mark('address bytes')
    .put(1, 8)
    .mark('length bytes')
    .put(1, 8, 0);
  file.mark('leaf k').put(2, 4).put(2, 16).put(4, 0).mark('base').put(8, 0).mark('free space').put(8, NOWHERE);
  file.mark('end').put(8, 0).mark('driver').put(8, NOWHERE).put(8, 0).mark('root address').put(8, 0);
  file.mark('root kind').put(4, 1, 0).mark('root copy').put(8, 0, 0);

  header(file, 'root', {
    table: message(0x11, (body) => body.mark('tree').put(8, 0).mark('heap').put(8, 0)),
    attribute,
  });
  file.mark('tree').raw('TREE').mark('tree type').put(1, 0).mark('tree level').put(1, 0).mark('tree entries').put(2, 1);
  file.put(8, NOWHERE, NOWHERE, 0).mark('tree child').put(8, 0).put(8, 16).upTo('tree', 544);
  file.mark('leaf').raw('SNOD').mark('leaf version').put(1, 1, 0).mark('leaf entries').put(2, 2);
  for (const name of ['c', 'w']) {
    file
      .mark(`${name} name`)
      .put(8, name === 'c' ? 8 : 16)
      .mark(`${name} header`)
      .put(8, 0);
    file.mark(`${name} kind`).put(4, 0).zeros(20);
  }
  file.upTo('leaf', 328);
  file
    .mark('heap')
    .raw('HEAP')
    .mark('heap version')
    .put(1, 0, 0, 0, 0)
    .mark('heap size')
    .put(8, 24)
    .mark('free names')
    .put(8, 1);
  file
    .mark('heap data')
    .put(8, 0)
    .mark('names')
    .zeros(8)
    .mark('c text')
    .raw('c')
    .zeros(7)
    .mark('w text')
    .raw('w')
    .zeros(7);

  header(file, 'w', {
    space: message(0x01, (body) => space(body, 4)),
    type: message(0x03, float32),
    layout: message(0x08, (body) =>
      body.mark('version').put(1, 3).mark('class').put(1, 1).mark('address').put(8, 0).mark('bytes').put(8, 16),
    ),
  });
  header(file, 'c', {
    space: message(0x01, (body) => space(body, ...dims)),
    type: message(0x03, float32),
    filters: message(0x0b, (body) =>
      body
        .mark('version')
        .put(1, 1)
        .mark('count')
        .put(1, 1)
        .zeros(6)
        .mark('id')
        .put(2, 1, 8, 1, 1)
        .raw('deflate\0')
        .put(4, 6, 0),
    ),
    layout: message(0x08, (body) =>
      body
        .mark('version')
        .put(1, 3, 2)
        .mark('rank')
        .put(1, chunk.length + 1)
        .mark('index')
        .put(8, 0)
        .mark('chunk')
        .put(4, ...chunk, 4),
    ),
  });
  file
    .mark('chunks')
    .raw('TREE')
    .put(1, 1)
    .mark('chunks level')
    .put(1, 0)
    .mark('chunks entries')
    .put(2, chunks)
    .put(8, NOWHERE, NOWHERE);
  for (let index = 0; index < chunks; index++) {
    file.mark(`chunk ${index} bytes`).put(4, stored.length).put(4, 0);
    file
      .put(8, index * Number(chunk[0]), ...chunk.slice(1).map(() => 0), 0)
      .mark(`chunk ${index} address`)
      .put(8, 0);
  }
  file.put(4, 0, 0).put(8, Number(dims[0]), ...chunk.slice(1).map(() => 0), 0);
  file.upTo('chunks', Math.max(file.size - file.place('chunks'), 24 + 65 * (8 + 8 * (chunk.length + 1)) + 64 * 8));
  file
    .mark('collection')
    .raw('GCOL')
    .mark('collection version')
    .put(1, 1, 0, 0, 0)
    .mark('collection size')
    .put(8, 4096);
  file.mark('object').put(2, 1, 1).put(4, 0).mark('object bytes').put(8, 5).raw('hello').zeros(3);
  file
    .mark('next object')
    .put(2, 0, 0)
    .put(4, 0)
    .mark('free bytes')
    .put(8, 4096 - 40)
    .upTo('collection', 4096);
  file.mark('numbers').raw(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  file.mark('packed').raw(stored);

  const links: Record<string, string> = {
    'root address': 'root',
    'root copy': 'tree',
    'root table tree': 'tree',
    'root table heap': 'heap',
    'root attribute collection': 'collection',
    'tree child': 'leaf',
    'heap data': 'names',
    'c header': 'c',
    'w header': 'w',
    'w layout address': 'numbers',
    'c layout index': 'chunks',
  };
  for (const [from, to] of Object.entries(links)) file.set(from, 8, file.place(to));
  for (let index = 0; index < chunks; index++) file.set(`chunk ${index} address`, 8, file.place('packed'));
  return file.set(file.place('root copy') + 8, 8, file.place('heap')).set('end', 8, file.size);
}
