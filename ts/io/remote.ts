import { FileError } from '../errors.ts';
import { type ByteSource, bytesInMemory } from './bytes.ts';
import { limits } from './limits.ts';

/**
 * The bytes of a URL that the caller named: `http:` and `https:`. What the file names as parts of it is fetched from the same server
 * only. @throws FileError for anything else, for answers that are no success, and for more than a buffer holds.
 */
export async function openUrl(url: URL): Promise<ByteSource> {
  const name = url.href;
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FileError(`${name} cannot be read: only http: and https: are fetched`);
  const bytes = await download(url);
  return { ...bytesInMemory(name, bytes), sibling: (part) => openUrl(partOf(url, part)) };
}

/** Where a part of a file is, by what the file says: relative to it, of the same server. A query (a token) goes along. */
function partOf(base: URL, part: unknown): URL {
  const url = typeof part === 'string' && URL.canParse(part, base.href) ? new URL(part, base) : undefined;
  if (url === undefined || url.origin !== base.origin || url.username !== base.username) {
    throw new FileError(
      `${base.href} names ${JSON.stringify(part)?.slice(0, 200)} as a part of it; only files of the same server are fetched`,
    );
  }
  if (url.search === '') url.search = base.search;
  return url;
}

async function download(url: URL): Promise<Uint8Array> {
  const name = url.href;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const response = await fetch(url);
    if (!response.ok) {
      // What follows is not read: an open connection would keep the process alive.
      await response.body?.cancel();
      throw new FileError(`${name} cannot be read: the server answers ${response.status} ${response.statusText}`);
    }
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > limits.arrayBytes) throw new FileError(`${name} has more than ${limits.arrayBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    const why = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
    throw new FileError(`${name} cannot be read: ${why}`, { cause });
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size);
}
