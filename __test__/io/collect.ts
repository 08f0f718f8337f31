import type { Chunk } from '../../ts/io/bytes.ts';

/** All bytes of a writer, also those that come late. */
export async function collect(chunks: AsyncIterable<Chunk> | Iterable<Chunk>): Promise<Uint8Array> {
  const pieces: (Uint8Array | Promise<Uint8Array>)[] = [];
  for await (const chunk of chunks) pieces.push(chunk instanceof Uint8Array ? Uint8Array.from(chunk) : chunk.content());
  return new Uint8Array(Buffer.concat(await Promise.all(pieces)));
}
