import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wasm } from '../../ts/io/hdf5/library.ts';
import { startH5wasm, takeApart } from '../../ts/io/hdf5/starting.ts';

describe('the HDF5 library', () => {
  it('starts with the bytes that h5wasm makes of its text', async () => {
    const { instantiate } = wasm;
    const binaries: Uint8Array[] = [];
    wasm.instantiate = (source, imports) => {
      // The library makes small modules of its own later on.
      if (source.byteLength > 2 ** 20) binaries.push(source);
      return instantiate(source, imports);
    };
    try {
      const module = (await startH5wasm()) as { H5F_ACC_RDONLY: unknown };
      const { ready } = (await import('h5wasm')) as unknown as { ready: Promise<Record<string, unknown>> };
      const own = await ready;
      expect(binaries.length).toBe(2);
      expect(Buffer.from(binaries[0] as Uint8Array).equals(binaries[1] as Uint8Array)).toBe(true);
      expect(Object.keys(module).sort()).toEqual([...Object.keys(own), 'wasmBinary'].sort());
    } finally {
      wasm.instantiate = instantiate;
    }
  });

  it('is taken apart only when it looks as it is known to', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hornbeam-h5wasm-'));
    try {
      const file = join(folder, 'hdf5_util.js');
      const take = (text: string) => {
        writeFileSync(file, text);
        return takeApart(file);
      };
      const module = (literal: string) => `a();function findWasmBinary(){return binaryDecode('${literal}')}b('ü')`;
      const taken = take(module("\u0100asm\\\\\\'\\n\\r\u00ff"));
      expect([...(taken?.binary ?? [])]).toEqual([0, 97, 115, 109, 92, 39, 10, 13, 255]);
      expect(take(module('\u0100asm\\x41'))).toBeUndefined();
      expect(take(module('\u0100asm\u0101'))).toBeUndefined();
      expect(take(module('asm'))).toBeUndefined();
      expect(take('function findWasmBinary(){return locateFile("hdf5.wasm")}')).toBeUndefined();
      expect(take("findWasmBinary(){return binaryDecode('\u0100asm")).toBeUndefined();
      expect(take(module('\u0100asm'))?.source).toBe(
        'a();function findWasmBinary(){return Module["wasmBinary"]}b(\'ü\')',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
