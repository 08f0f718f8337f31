import { FileError } from '../errors.ts';
import { type ByteSource, bytesInMemory } from './bytes.ts';
import { limits } from './limits.ts';

/** How long downloads may take, in milliseconds. */
export interface DownloadLimits {
  /** All of them: the file and its parts. */
  readonly timeout?: number | undefined;
  /** Without a byte of an answer. */
  readonly idle?: number | undefined;
}

/** An hour: 4 GB at 1.2 MB/s. */
const TIMEOUT = 3_600_000;
const IDLE = 60_000;
/** More than this `setTimeout` does not take: 25 days, which nobody waits. */
const LONGEST = 2 ** 31 - 1;
/** Redirects, one after another: half of what browsers follow. */
const REDIRECTS = 10;

/**
 * The bytes of a URL that the caller named: `http:` and `https:`. What the file names as parts of it is asked for at the same server
 * only; where that one redirects to is followed, for the file and its parts alike, but never from `https:` to `http:`.
 *
 * @throws FileError for anything else, for answers that are no success, for more than a buffer holds, and for what takes too long.
 */
export async function openUrl(url: URL, { timeout = TIMEOUT, idle = IDLE }: DownloadLimits = {}): Promise<ByteSource> {
  return openBefore(url, { end: performance.now() + timeout, timeout, idle });
}

/** When downloads must have come to their end. */
interface Deadline {
  readonly end: number;
  readonly timeout: number;
  readonly idle: number;
}

async function openBefore(url: URL, deadline: Deadline): Promise<ByteSource> {
  const name = url.href;
  if (!isHttp(url)) throw new FileError(`${name} cannot be read: only http: and https: are fetched`);
  const bytes = await download(url, deadline);
  return { ...bytesInMemory(name, bytes), sibling: (part) => openBefore(partOf(url, part), deadline) };
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
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

async function download(url: URL, deadline: Deadline): Promise<Uint8Array> {
  const name = url.href;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const watch = new Watch(name, deadline);
  try {
    const response = await answerOf(url, watch);
    if (!response.ok) {
      // What follows is not read: an open connection would keep the process alive.
      await response.body?.cancel();
      throw new FileError(`${name} cannot be read: the server answers ${response.status} ${response.statusText}`);
    }
    for await (const chunk of response.body ?? []) {
      watch.hears();
      size += chunk.byteLength;
      if (size > limits.arrayBytes) throw new FileError(`${name} has more than ${limits.arrayBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (watch.signal.aborted) throw watch.signal.reason;
    if (cause instanceof FileError) throw cause;
    const why = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
    throw new FileError(`${name} cannot be read: ${why}`, { cause });
  } finally {
    watch.end();
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size);
}

/** The answer of the server, or of the one that it redirects to. */
async function answerOf(url: URL, watch: Watch): Promise<Response> {
  let at = url;
  for (let redirects = 0; redirects <= REDIRECTS; redirects++) {
    const response = await fetch(at, { redirect: 'manual', signal: watch.signal });
    watch.hears();
    const location = response.headers.get('location');
    if (location === null || ![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    at = redirected(url, at, location);
  }
  throw new FileError(`${url.href} cannot be read: the server redirects more than ${REDIRECTS} times`);
}

/** Where a redirect leads. What was asked for in secret is not sent openly, and no file of this machine is read. */
function redirected(url: URL, from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to !== undefined && isHttp(to) && (to.protocol === 'https:' || from.protocol === 'http:')) return to;
  throw new FileError(
    `${url.href} cannot be read: it is redirected to ${JSON.stringify(location.slice(0, 200))}; from http: only http: and https: are followed, from https: only https:`,
  );
}

/** Breaks a download off that takes too long, at once or by trickling. */
class Watch {
  readonly #controller = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #idle: NodeJS.Timeout | undefined;

  constructor(name: string, { end, timeout, idle }: Deadline) {
    const breakAfter = (time: number, why: string): NodeJS.Timeout | undefined => {
      if (time > LONGEST) return undefined;
      const error = new FileError(`${name} cannot be read: ${why}`);
      // Timers count whole milliseconds, in less than which a near server answers.
      if (time < 1) {
        this.#controller.abort(error);
        return undefined;
      }
      const timer = setTimeout(() => this.#controller.abort(error), time);
      this.#timers.push(timer);
      return timer;
    };
    this.#idle = breakAfter(idle, `the server sent nothing for ${idle / 1000} s`);
    breakAfter(
      end - performance.now(),
      `it was not there after ${timeout / 1000} s; loadModel(url, { timeout: milliseconds }) waits longer`,
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came. */
  hears(): void {
    this.#idle?.refresh();
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
