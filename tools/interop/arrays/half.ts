// The hornbeam half of the families numpy and safetensors: node --import tsx half.ts read|write-numpy|write-safetensors FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DType, readNpy, readNpz, type Tensor, tensor, writeNpy, writeNpz } from '../../../ts/index.ts';
import type { NamedArray } from '../../../ts/io/artifacts.ts';
import { writeAtomically } from '../../../ts/io/atomic.ts';
import { openFile } from '../../../ts/io/bytes.ts';
import { readSafetensors, writeSafetensors } from '../../../ts/io/safetensors.ts';

interface Row {
  file: string;
  key?: string;
  label: string;
  shape: readonly number[];
  dtype: string;
  data: string;
  metadata?: Record<string, string>;
}

const [command = '', folder = ''] = process.argv.slice(2);

async function found({ file, key = '' }: Row): Promise<Omit<NamedArray, 'name'>> {
  const path = join(folder, file);
  if (file.endsWith('.safetensors')) {
    const source = await openFile(path);
    try {
      return await (await readSafetensors(source)).readArray(key);
    } finally {
      await source.close();
    }
  }
  const x: Tensor = file.endsWith('.npz') ? ((await readNpz(path))[key] as Tensor) : await readNpy(path);
  return { shape: x.shape, dtype: x.dtype, data: await x.data() };
}

const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** Whether numbers are the same, bit for bit; the bits of a NaN may be those of another. */
function same(data: ArrayBufferView, expected: string, isFloat: boolean): boolean {
  if (base64(data) === expected) return true;
  if (!isFloat) return false;
  const bits = (x: ArrayBufferView): bigint[] =>
    [...new Float32Array(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength))].map((value) =>
      Number.isNaN(value) ? -1n : BigInt(new Uint32Array(Float32Array.of(value).buffer)[0] as number),
    );
  return String(bits(data)) === String(bits(Buffer.from(expected, 'base64')));
}

async function read(): Promise<void> {
  for (const row of JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Row[]) {
    const { shape, dtype, data } = await found(row);
    let detail = '';
    if (dtype !== row.dtype || String(shape) !== String(row.shape)) detail = `${dtype} [${shape}]`;
    else if (!same(data, row.data, dtype.includes('float'))) detail = 'other numbers';
    console.log(JSON.stringify({ label: row.label, ok: detail === '', detail }));
  }
}

const dtypes: readonly DType[] = ['float32', 'bfloat16', 'float16', 'int32', 'int8', 'uint8', 'bool'];
const shapes: readonly (readonly number[])[] = [[], [0], [9], [2, 3], [3, 1, 4], [2, 1, 2, 1, 2]];
const special = [0, -0, 1, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** -24, -1.5, 65504];

/** Arrays of every dtype and shape, as hornbeam holds them. */
function* arrays(): Generator<{ x: Tensor; dtype: DType; shape: readonly number[]; label: string }> {
  for (const dtype of dtypes) {
    for (const shape of shapes) {
      const count = shape.reduce((product, dim) => product * dim, 1);
      const values = Array.from({ length: count }, (_, index) =>
        dtype === 'bool' ? index % 2 : dtype.includes('float') ? (special[index % special.length] as number) : index * 9,
      );
      const data = dtype.includes('float') ? Float32Array.from(values) : Int32Array.from(values);
      yield { x: tensor(data, [...shape], dtype), dtype, shape, label: `${dtype} [${shape}]` };
    }
  }
}

async function write(kind: 'numpy' | 'safetensors'): Promise<void> {
  const rows: Row[] = [];
  const group: Record<string, Tensor> = {};
  const named: NamedArray[] = [];
  const metadata = { format: 'hornbeam', note: 'äöü "\n' };
  for (const { x, dtype, shape, label } of arrays()) {
    const data = await x.data();
    const row = { label, shape, dtype, data: base64(data) };
    if (kind === 'safetensors') {
      named.push({ name: label, shape, dtype, data });
      rows.push({ ...row, file: 'all.safetensors', key: label, metadata });
      continue;
    }
    const inNumPy = { ...row, dtype: dtype === 'bfloat16' ? 'float32' : dtype };
    await writeNpy(join(folder, `${rows.length}.npy`), x);
    rows.push({ ...inNumPy, file: `${rows.length}.npy` });
    group[label] = x;
    for (const file of ['plain.npz', 'packed.npz']) rows.push({ ...inNumPy, file, key: label, label: `${file}: ${label}` });
  }
  if (kind === 'safetensors') await writeAtomically(join(folder, 'all.safetensors'), writeSafetensors(named, metadata));
  else {
    await writeNpz(join(folder, 'plain.npz'), group);
    await writeNpz(join(folder, 'packed.npz'), group, { compressed: true });
  }
  writeFileSync(join(folder, 'written.json'), JSON.stringify(rows));
}

if (command === 'read') await read();
else await write(command === 'write-safetensors' ? 'safetensors' : 'numpy');
process.exit(0);
