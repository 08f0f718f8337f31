import { createHash, randomBytes } from 'node:crypto';
import {
  access,
  constants,
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  readlink,
  rename,
  unlink,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError, HornbeamError } from '../errors.ts';
import type { Chunk, LateBytes } from './bytes.ts';

/** What a write does with the file system. Tests hand in one that fails. */
export interface FileSystem {
  access: typeof access;
  link: typeof link;
  lstat: typeof lstat;
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
  rename: typeof rename;
  unlink: typeof unlink;
}

const disk: FileSystem = { access, link, lstat, open, readdir, readlink, rename, unlink };

/** Options of `writeAtomically`. */
export interface AtomicOptions {
  /** Permissions of a file that was not there before, as `open` takes them. Default 0o666 without the process' umask. */
  readonly mode?: number;
  /** Whether a file that is there is replaced. Default true; with `false` one of several writers makes it, and the others fail. */
  readonly overwrite?: boolean | undefined;
}

/** What a temporary file is called: `.model.keras.4711-9f3a5c1b2d3e.hornbeam-tmp`: for what, by which process, where. */
const TEMPORARY = /^\.(.*)\.(\d+)-([0-9a-f]{4})[0-9a-f]{8}\.hornbeam-tmp$/;
/** Bytes of a file's name in that of its temporary file: names have 255 bytes at most. */
const NAME_BYTES = 120;
/** Smaller pieces are put together before they are written. */
const TOGETHER = 2 ** 18;
/** Bytes of one system call: others may run in between. */
const AT_ONCE = 2 ** 24;
/** Links that lead from one to the next. */
const LINKS = 16;

/** Temporary files of this thread that are being written. */
const active = new Set<string>();

/**
 * Writes a file so that its name stands for the old content, or for the new one, at any moment: into a temporary file in the same
 * folder, flushed to the disk, renamed; then the folder is flushed. A link stays one: the file that it leads to is replaced.
 * Permissions of a file that was there are kept. Temporary files that killed processes left are removed.
 *
 * A chunk is used up before the next one is asked for, so all of them may be in the same memory. Room is left for chunks that are late;
 * they are written last.
 *
 * The order is that of "All File Systems Are Not Created Equal" (Pillai et al., OSDI 2014).
 * @throws FileError that says what happened, and that the file is as it was, or that it is there and not to be replaced. What `chunks`
 * throws is passed on.
 */
export function writeAtomically(
  path: string,
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  options: AtomicOptions = {},
): Promise<void> {
  return writeAtomicallyOn(disk, path, chunks, options);
}

/** As `writeAtomically`, on a file system that is handed in. */
export async function writeAtomicallyOn(
  files: FileSystem,
  path: string,
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  { mode = 0o666, overwrite = true }: AtomicOptions = {},
): Promise<void> {
  const target = await targetOf(files, path);
  if (!overwrite && target.mode !== undefined) throw isThere(path);
  const folder = dirname(target.path);
  const before = target.mode === undefined ? 'there is no file now, as before' : 'the file that was there is as it was';
  const cannot = (cause: unknown): FileError =>
    new FileError(`${path} cannot be written: ${reasonOf(cause, folder)}; ${before}`, { cause });
  await removeLeftovers(files, folder, basename(target.path));
  const temporary = join(folder, temporaryName(basename(target.path)));
  active.add(temporary);
  let handle: FileHandle | undefined;
  try {
    try {
      // Exclusively, so that nothing that lies there is written through. Not readable to more than the old file.
      handle = await files.open(temporary, 'wx', target.mode === undefined ? mode : target.mode & 0o700);
      if (target.mode !== undefined) await keepMode(handle, target.mode);
    } catch (cause) {
      throw cannot(cause);
    }
    await writeAll(handle, chunks, cannot);
    try {
      await handle.sync();
      await handle.close();
      handle = undefined;
      if (overwrite) await files.rename(temporary, target.path);
      else await placeNew(files, temporary, target.path, mode);
    } catch (cause) {
      throw !overwrite && codeOf(cause) === 'EEXIST' ? isThere(path, cause) : cannot(cause);
    }
  } catch (cause) {
    // The first error counts: these may fail for the same reason.
    await handle?.close().catch(() => {});
    await files.unlink(temporary).catch(() => {});
    throw cause;
  } finally {
    active.delete(temporary);
  }
  await flushFolder(files, path, folder);
}

/** What `overwrite: false` gives, whenever the other file came. */
function isThere(path: string, cause?: unknown): FileError {
  return new FileError(`${path} is there already, and overwrite is false`, { cause });
}

/**
 * Gives a whole file its name unless that is taken: a link is made or refused in one step, a rename would replace what came meanwhile.
 *
 * Some file systems have no links (FAT, many of clouds and phones), and say so in many ways. There an empty file, made exclusively, takes
 * the name, and the rename replaces it: still one writer alone comes through, but for a moment the name stands for the empty file, which
 * stays if the process is killed just then.
 * @throws What the file system says; EEXIST when the name is taken.
 */
async function placeNew(files: FileSystem, temporary: string, target: string, mode: number): Promise<void> {
  try {
    await files.link(temporary, target);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') return claimAndRename(files, temporary, target, mode);
    // A server whose answer was lost is asked again, and meets its own link (open(2) on NFS).
    if ((await files.lstat(temporary)).nlink < 2) throw cause;
  }
  // The file has its name: what stays of the other one is removed by a later write.
  await files.unlink(temporary).catch(() => {});
}

async function claimAndRename(files: FileSystem, temporary: string, target: string, mode: number): Promise<void> {
  await (await files.open(target, 'wx', mode)).close();
  try {
    await files.rename(temporary, target);
  } catch (cause) {
    await files.unlink(target).catch(() => {});
    throw cause;
  }
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? '';
}

/** Gives a file the permissions of the one that it replaces. File systems without any refuse what is not needed there. */
async function keepMode(handle: FileHandle, mode: number): Promise<void> {
  if (((await handle.stat()).mode & 0o7777) !== mode) await handle.chmod(mode);
}

/** The file that is replaced, behind links, and its permissions if it is there. */
async function targetOf(files: FileSystem, path: string): Promise<{ path: string; mode?: number }> {
  let at = resolve(path);
  for (let links = 0; links <= LINKS; links++) {
    let stats: Awaited<ReturnType<typeof lstat>>;
    try {
      stats = await files.lstat(at);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { path: at };
      throw new FileError(`${path} cannot be written: ${reasonOf(cause, dirname(at))}`, { cause });
    }
    if (stats.isFile()) {
      // A rename would replace a file that may not be written to: its owner said otherwise.
      await files.access(at, constants.W_OK).catch((cause: unknown) => {
        throw new FileError(`${path} cannot be written: it is read-only; the file that was there is as it was`, {
          cause,
        });
      });
      return { path: at, mode: Number(stats.mode) & 0o7777 };
    }
    if (!stats.isSymbolicLink())
      throw new FileError(`${path} cannot be written: it is ${stats.isDirectory() ? 'a folder' : 'no file'}`);
    try {
      at = resolve(dirname(at), await files.readlink(at));
    } catch (cause) {
      throw new FileError(`${path} cannot be written: ${reasonOf(cause, dirname(at))}`, { cause });
    }
  }
  throw new FileError(`${path} cannot be written: it is a link that leads to more than ${LINKS} others`);
}

async function writeAll(
  handle: FileHandle,
  chunks: AsyncIterable<Chunk> | Iterable<Chunk>,
  cannot: (cause: unknown) => FileError,
): Promise<void> {
  const write = async (bytes: Uint8Array, position: number): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      const length = Math.min(bytes.length - at, AT_ONCE);
      // A disk that is nearly full takes a part; the next call says why.
      const { bytesWritten } = await handle.write(bytes, at, length, position + at).catch((cause: unknown) => {
        throw cannot(cause);
      });
      if (bytesWritten <= 0) throw cannot(new Error(`the disk took none of ${length} bytes`));
      at += bytesWritten;
    }
  };
  const late: { chunk: LateBytes; position: number }[] = [];
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  /** Where the next bytes belong. */
  let position = 0;
  const flush = async (): Promise<void> => {
    if (smallBytes === 0) return;
    const together = small.length === 1 ? (small[0] as Uint8Array) : Buffer.concat(small);
    const start = position - smallBytes;
    small = [];
    smallBytes = 0;
    await write(together, start);
  };
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) {
      await flush();
      late.push({ chunk, position });
    } else if (chunk.length < TOGETHER) {
      // Its memory may be that of the next one. The slice of a Buffer would be no copy.
      small.push(new Uint8Array(chunk));
      smallBytes += chunk.length;
    } else {
      await flush();
      await write(chunk, position);
    }
    position += chunk.length;
    if (smallBytes >= TOGETHER) await flush();
  }
  await flush();
  if (late.length === 0) return;
  // The disk has its work while they are not known yet.
  await handle.datasync().catch((cause: unknown) => {
    throw cannot(cause);
  });
  for (const { chunk, position: start } of late) {
    const bytes = await chunk.content();
    if (bytes.length !== chunk.length)
      throw new FileError(`${bytes.length} bytes came late, where there was room for ${chunk.length}`);
    await write(bytes, start);
  }
}

/** The rename itself is in the folder: without this it may be lost with the power. */
async function flushFolder(files: FileSystem, path: string, folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await files.open(folder, 'r');
    await handle.sync();
  } catch (cause) {
    // Windows and some network file systems cannot: the rename is as durable as they make it.
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EACCES', 'EISDIR', 'EBADF', 'ENOSYS'].includes(code)) return;
    throw new FileError(
      `${path} is written, but its folder could not be flushed: ${reasonOf(cause, folder)}; after a power failure the old file may be there`,
      { cause },
    );
  } finally {
    await handle?.close().catch(() => {});
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'it is larger than files may be there',
  EROFS: 'the disk is read-only',
  EACCES: 'its folder may not be written to',
  EPERM: 'it is not permitted',
  EIO: 'the disk failed',
  EMFILE: 'the process has too many files open',
  ENFILE: 'the system has too many files open',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a link that leads to itself',
  ENOTDIR: 'a part of its path is no folder',
};

/** What an error of the file system means. */
function reasonOf(cause: unknown, folder: string): string {
  if (cause instanceof HornbeamError) return cause.message;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `the folder ${folder} is not there (ENOENT)`;
  return code in reasons ? `${reasons[code]} (${code})` : message;
}

/** This machine in four digits: processes of others have numbers of their own. */
function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 4);
}

/** As much of a file's name as is in that of its temporary file: whole characters. */
function beginOf(name: string): string {
  let [end, bytes] = [0, 0];
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > NAME_BYTES) break;
    end += character.length;
  }
  return name.slice(0, end);
}

function temporaryName(name: string): string {
  return `.${beginOf(name)}.${process.pid}-${machine()}${randomBytes(4).toString('hex')}.hornbeam-tmp`;
}

/** Removes what processes that are dead left of the same file. Whatever fails here does not matter to the write. */
async function removeLeftovers(files: FileSystem, folder: string, name: string): Promise<void> {
  const found = await files.readdir(folder).catch(() => []);
  for (const entry of found) {
    const [, of, pid, where] = TEMPORARY.exec(entry) ?? [];
    if (of !== beginOf(name) || where !== machine() || pid === undefined) continue;
    const path = join(folder, entry);
    if (active.has(path) || (await isInUse(files, path, Number(pid)))) continue;
    await files.unlink(path).catch(() => {});
  }
}

/** Whether the process that made a temporary file may still write it. */
async function isInUse(files: FileSystem, path: string, pid: number): Promise<boolean> {
  if (pid === process.pid) {
    // A container's processes have the same numbers every time: what is older than this one is not of this one.
    const stats = await files.lstat(path).catch(() => undefined);
    return stats === undefined || Number(stats.mtimeMs) > Date.now() - process.uptime() * 1000 - 2000;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
