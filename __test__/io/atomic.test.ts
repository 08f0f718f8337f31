import { spawnSync } from 'node:child_process';
import {
  access,
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileError } from '../../ts/errors.ts';
import { type FileSystem, writeAtomically, writeAtomicallyOn } from '../../ts/io/atomic.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornbeam-atomic-'));
});
afterEach(() => rm(folder, { recursive: true }));

const disk: FileSystem = { access, link, lstat, open, readdir, readlink, rename, unlink };
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const failure = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });

/** What a test makes fail, by the name of the call; `write` may also be short. */
interface Faults {
  open?: string;
  chmod?: string;
  write?: string | number;
  datasync?: string;
  sync?: string;
  close?: string;
  rename?: string;
  folder?: string;
}

/** The disk, with calls that fail. */
function failing(faults: Faults): FileSystem {
  return {
    ...disk,
    async open(path, flags, mode) {
      if (flags === 'r') {
        if (faults.folder !== undefined) throw failure(faults.folder);
        return open(path, flags);
      }
      if (faults.open !== undefined) throw failure(faults.open);
      const handle = await open(path, flags, mode);
      const write = handle.write.bind(handle) as (
        bytes: Uint8Array,
        at: number,
        length: number,
        position: number,
      ) => Promise<unknown>;
      let calls = 0;
      const own = {
        stat: () => handle.stat(),
        async chmod(permissions: number) {
          if (faults.chmod !== undefined) throw failure(faults.chmod);
          await handle.chmod(permissions);
        },
        async write(bytes: Uint8Array, at: number, length: number, position: number) {
          calls += 1;
          if (typeof faults.write === 'string' && calls > 1) throw failure(faults.write);
          const most = typeof faults.write === 'number' ? Math.min(length, faults.write) : Math.ceil(length / 2);
          if (most === 0) return { bytesWritten: 0, buffer: bytes };
          return write(bytes, at, faults.write === undefined ? length : most, position);
        },
        async datasync() {
          if (faults.datasync !== undefined) throw failure(faults.datasync);
          await handle.datasync();
        },
        async sync() {
          if (faults.sync !== undefined) throw failure(faults.sync);
          await handle.sync();
        },
        async close() {
          await handle.close();
          if (faults.close !== undefined) throw failure(faults.close);
        },
      };
      return own as unknown as Awaited<ReturnType<typeof open>>;
    },
    async rename(from, to) {
      if (faults.rename !== undefined) throw failure(faults.rename);
      await rename(from, to);
    },
  };
}

describe('writeAtomically', () => {
  it('writes chunks of all sizes in their order', async () => {
    const path = join(folder, 'a.bin');
    const chunks = [1, 300_000, 5, 200_000, 100_000, 0, 20_000_000, 7].map((size, index) =>
      new Uint8Array(size).fill(index),
    );
    await writeAtomically(path, chunks);
    expect(Buffer.concat(chunks).equals(await readFile(path))).toBe(true);
    await writeAtomically(path, []);
    expect((await readFile(path)).length).toBe(0);
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('fills in what comes late, when all else is written', async () => {
    const path = join(folder, 'late');
    const written: string[] = [];
    const late = (value: string) => ({
      length: value.length,
      content: async () => {
        written.push(value);
        return text(value);
      },
    });
    const large = 'z'.repeat(300_000);
    await writeAtomically(
      path,
      (function* () {
        for (const chunk of [late('one'), text('two'), text(large), late('three'), text('four'), late('five')]) {
          written.push('chunk');
          yield chunk;
        }
      })(),
    );
    expect(await readFile(path, 'utf8')).toBe(`onetwo${large}threefourfive`);
    expect(written).toEqual([...Array.from({ length: 6 }, () => 'chunk'), 'one', 'three', 'five']);
  });

  it.each([
    ['of another length', async () => text('four'), '4 bytes came late, where there was room for 3'],
    ['that cannot be had', () => Promise.reject(new FileError('no library')), 'no library'],
  ])('leaves the old file when there are late bytes %s', async (_, content, says) => {
    const path = join(folder, 'late');
    await writeFile(path, 'old');
    await expect(writeAtomically(path, [{ length: 3, content }, text('new')])).rejects.toThrow(new FileError(says));
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['late']);
  });

  it('writes chunks that are all in one Buffer', async () => {
    const path = join(folder, 'x');
    const memory = Buffer.alloc(2);
    await writeAtomically(
      path,
      (function* () {
        for (const letter of 'abc') yield memory.fill(letter);
      })(),
    );
    expect(await readFile(path, 'utf8')).toBe('aabbcc');
  });

  it('writes files with names as long as the system takes them', async () => {
    const name = `${'漢'.repeat(83)}.keras`;
    for (const content of ['old', 'new']) await writeAtomically(join(folder, name), [text(content)]);
    expect(await readFile(join(folder, name), 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual([name]);
  });

  it('goes through short writes', async () => {
    const path = join(folder, 'a.bin');
    await writeAtomicallyOn(failing({ write: 7 }), path, [text('twenty bytes of text')]);
    expect(await readFile(path, 'utf8')).toBe('twenty bytes of text');
  });

  it.each([
    [{ open: 'ENOSPC' }, /cannot be written: the disk is full \(ENOSPC\)/],
    [{ open: 'EACCES' }, /its folder may not be written to \(EACCES\)/],
    [{ open: 'EROFS' }, /the disk is read-only \(EROFS\)/],
    [{ open: 'EMFILE' }, /too many files open/],
    [{ write: 'ENOSPC' }, /the disk is full/],
    [{ write: 'EIO' }, /the disk failed \(EIO\)/],
    [{ write: 'EDQUOT' }, /the quota of the disk is used up/],
    [{ write: 'EFBIG' }, /larger than files may be/],
    [{ write: 0 }, /the disk took none of 3 bytes/],
    [{ write: 'EOTHER' }, /EOTHER: injected/],
    [{ datasync: 'EIO' }, /the disk failed/],
    [{ sync: 'EIO' }, /the disk failed/],
    [{ close: 'ENOSPC' }, /the disk is full/],
    [{ rename: 'EROFS' }, /the disk is read-only/],
  ] as const)('leaves the old file and nothing else after %o', async (faults, says) => {
    const path = join(folder, 'a.bin');
    // One that comes late has the file flushed twice.
    const chunks = [text('new'), { length: 1, content: async () => text('!') }];
    await expect(writeAtomicallyOn(failing(faults), path, chunks)).rejects.toThrow(/there is no file now, as before/);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(path, 'old');
    const error = await writeAtomicallyOn(failing(faults), path, chunks).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).toMatch(
      /^\/.*a\.bin cannot be written: .*; the file that was there is as it was$/,
    );
    expect(await readdir(folder)).toEqual(['a.bin']);
    expect(await readFile(path, 'utf8')).toBe('old');
    await writeAtomically(path, [text('new')]);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('leaves the old file when its permissions cannot be kept', async () => {
    const path = join(folder, 'a.bin');
    await writeFile(path, 'old');
    const write = writeAtomicallyOn(failing({ chmod: 'EPERM' }), path, [text('new')]);
    await expect(write).rejects.toThrow(/it is not permitted \(EPERM\); the file that was there is as it was/);
    expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['a.bin'], 'old']);
  });

  it('says when only the folder could not be flushed, unless folders cannot be', async () => {
    const path = join(folder, 'a.bin');
    await expect(writeAtomicallyOn(failing({ folder: 'EIO' }), path, [text('new')])).rejects.toThrow(/is written, but/);
    await writeAtomicallyOn(failing({ folder: 'EINVAL' }), path, [text('newer')]);
    expect(await readFile(path, 'utf8')).toBe('newer');
  });

  it('passes on what the chunks throw', async () => {
    const path = join(folder, 'a.bin');
    await writeFile(path, 'old');
    const chunks = function* () {
      yield text('new');
      throw new RangeError('of the maker');
    };
    await expect(writeAtomically(path, chunks())).rejects.toThrow(new RangeError('of the maker'));
    expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['a.bin'], 'old']);
  });

  it('says that the folder is missing, that the target is a folder, that its name is too long', async () => {
    await expect(writeAtomically(join(folder, 'b', 'c'), [])).rejects.toThrow(/the folder .*b is not there \(ENOENT\)/);
    await expect(writeAtomically(folder, [])).rejects.toThrow(/it is a folder/);
    await expect(writeAtomically('/dev/null', [])).rejects.toThrow(/it is no file/);
    await expect(writeAtomically(join(folder, 'n'.repeat(300)), [])).rejects.toThrow(/its name is too long/);
    await writeFile(join(folder, 'file'), '');
    await expect(writeAtomically(join(folder, 'file', 'a'), [])).rejects.toThrow(/a part of its path is no folder/);
    await writeAtomically(join(folder, 'n'.repeat(255)), [text('long')]);
  });

  it('replaces the file behind a link and keeps the link', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join('real', 'a.bin'), join(folder, 'link'));
    await writeAtomically(join(folder, 'link'), [text('first')]);
    await writeAtomically(join(folder, 'link'), [text('second')]);
    expect(await readFile(join(folder, 'real', 'a.bin'), 'utf8')).toBe('second');
    expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
    await symlink('loop', join(folder, 'loop'));
    await expect(writeAtomically(join(folder, 'loop'), [])).rejects.toThrow(/a link that leads to more than 16 others/);
  });

  it('keeps permissions, and gives new files those that were asked for', async () => {
    const path = join(folder, 'a.bin');
    await writeAtomically(path, [text('a')], { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o664);
    await writeAtomically(path, [text('b')], { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o664);
  });

  it('removes what dead processes left, and nothing else', async () => {
    const path = join(folder, 'a.bin');
    let name = '';
    await writeAtomically(
      path,
      (async function* () {
        name = (await readdir(folder))[0] as string;
        yield text('a');
      })(),
    );
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const of = (pid: number, file = 'a.bin'): string => name.replace(/^\.a\.bin\.\d+/, `.${file}.${pid}`);
    await writeFile(join(folder, of(dead)), '');
    const kept = [of(process.ppid), of(dead, 'b.bin'), name, `${of(dead)}x`, 'other'];
    for (const one of kept) await writeFile(join(folder, one), '');
    await writeAtomically(path, [text('b')]);
    expect(await readdir(folder)).toEqual(['a.bin', ...kept].sort());
  });

  describe('that replaces nothing', () => {
    const kept = { overwrite: false };
    /** File systems that know no links say so in one of these ways. */
    const withoutLinks = (code: string): FileSystem => ({
      ...disk,
      async link() {
        throw failure(code);
      },
    });

    it.each([
      ['links', disk],
      ['no links (EPERM)', withoutLinks('EPERM')],
      ['no links (ENOTSUP)', withoutLinks('ENOTSUP')],
      ['no links (EISDIR)', withoutLinks('EISDIR')],
    ])('has one of many writers come through, with %s', async (_, files) => {
      const path = join(folder, 'a.bin');
      const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(400_000));
      const writes = contents.map((content) => writeAtomicallyOn(files, path, [text(content)], kept));
      const ends = await Promise.allSettled(writes);
      const winners = contents.filter((_, index) => ends[index]?.status === 'fulfilled');
      expect(winners).toEqual([await readFile(path, 'utf8')]);
      for (const end of ends) {
        if (end.status === 'fulfilled') continue;
        expect(end.reason).toBeInstanceOf(FileError);
        expect(end.reason.message).toBe(`${path} is there already, and overwrite is false`);
      }
      expect(await readdir(folder)).toEqual(['a.bin']);
    });

    it('refuses before it asks for a chunk when the file is there', async () => {
      const path = join(folder, 'a.bin');
      await writeFile(path, 'old');
      const chunks = function* () {
        yield text('new');
        throw new Error('asked');
      };
      await expect(writeAtomically(path, chunks(), kept)).rejects.toThrow(/is there already, and overwrite is false/);
      expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['a.bin'], 'old']);
    });

    it('keeps what came while it wrote', async () => {
      const path = join(folder, 'a.bin');
      const chunks = async function* () {
        yield text('new');
        await writeFile(path, 'other');
      };
      for (const files of [disk, withoutLinks('EPERM')]) {
        await rm(path, { force: true });
        await expect(writeAtomicallyOn(files, path, chunks(), kept)).rejects.toThrow(/is there already/);
        expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['a.bin'], 'other']);
      }
    });

    it('knows its own link when a server says that it is there', async () => {
      const path = join(folder, 'a.bin');
      const server: FileSystem = {
        ...disk,
        async link(from, to) {
          await link(from, to);
          throw failure('EEXIST');
        },
      };
      await writeAtomicallyOn(server, path, [text('new')], kept);
      expect([await readdir(folder), await readFile(path, 'utf8')]).toEqual([['a.bin'], 'new']);
    });

    it('leaves nothing when neither way works', async () => {
      const files: FileSystem = { ...failing({ rename: 'EROFS' }), link: withoutLinks('EPERM').link };
      await expect(writeAtomicallyOn(files, join(folder, 'a.bin'), [text('new')], kept)).rejects.toThrow(
        /the disk is read-only \(EROFS\); there is no file now, as before/,
      );
      expect(await readdir(folder)).toEqual([]);
    });

    it('gives the permissions that were asked for', async () => {
      for (const [index, files] of [disk, withoutLinks('EPERM')].entries()) {
        const path = join(folder, `${index}.bin`);
        await writeAtomicallyOn(files, path, [text('a')], { mode: 0o600, overwrite: false });
        expect((await stat(path)).mode & 0o777).toBe(0o600);
      }
    });
  });

  it('leaves one whole file when several write at once', async () => {
    const path = join(folder, 'a.bin');
    const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(400_000));
    await Promise.all(contents.map((content) => writeAtomically(path, [text(content)])));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a.bin']);
  });
});
