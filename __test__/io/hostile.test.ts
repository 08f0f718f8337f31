import { describe, expect, it } from 'vitest';
import { FileError } from '../../ts/errors.ts';
import { smallFile } from './hostile/hdf5-file.ts';
import { hostile } from './hostile/index.ts';
import { rightNpy } from './hostile/npy.ts';
import { open } from './hostile/opening.ts';
import { rightSafetensors } from './hostile/safetensors.ts';
import { zipOf } from './hostile/zip-file.ts';

describe('hostile files', () => {
  it('are right ones with one thing that is wrong', async () => {
    await open({ format: 'npy', bytes: rightNpy });
    await open({ format: 'npz', bytes: zipOf([{ name: 'x.npy', data: rightNpy }]) });
    await open({
      format: 'npz',
      bytes: zipOf([{ name: 'x.npy', data: rightNpy }], { zip64: {}, comment: 'a comment' }),
    });
    await open({ format: 'safetensors', bytes: rightSafetensors });
    await open({ format: 'hdf5', bytes: smallFile().bytes() });
  });

  it('are at least 120', () => {
    const all = Object.values(hostile).flat();
    expect(all.length).toBeGreaterThanOrEqual(120);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  for (const [group, files] of Object.entries(hostile)) {
    describe(group, () => {
      it.each(files.map((file) => [file.name, file] as const))('%s', async (_, file) => {
        const error = await open(file).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(FileError);
        const { message } = error as FileError;
        expect(message).toMatch(/^buffer\b/);
        if (typeof file.says === 'string') expect(message).toContain(file.says);
        else expect(message).toMatch(file.says);
        // The name and what is wrong, not the content.
        expect(message.length).toBeLessThan(700);
      });
    });
  }
});
