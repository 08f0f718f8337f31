// Loads the models that converted.py wrote, and compares. Prints a line of JSON for each.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, tensor } from '../../../ts/index.ts';

const [, , folder] = process.argv as [string, string, string];
for (const name of readdirSync(folder).filter((entry) => !entry.includes('.'))) {
  const what = `converted ${name}`;
  try {
    const { shape, x, y, tolerance } = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as {
      shape: number[];
      x: number[];
      y: number[];
      tolerance: number;
    };
    const model = await loadModel(join(folder, name, 'model.json'));
    const got = await model.predict(tensor(x, shape)).data();
    const gap = Math.max(...y.map((value, i) => Math.abs(value - (got[i] as number)) / Math.max(1, Math.abs(value))));
    const isRight = got.length === y.length && gap < tolerance;
    console.log(JSON.stringify({ what, isRight, detail: `difference ${gap.toExponential(1)}` }));
  } catch (error) {
    console.log(JSON.stringify({ what, isRight: false, detail: (error as Error).message }));
  }
}
