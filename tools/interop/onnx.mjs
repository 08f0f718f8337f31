// Models that hornbeam exports, checked by the onnx package and run by onnxruntime on batches of 1 and of 7.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Largest difference, relative to numbers above 1. */
const TOLERANCE = 1e-4;

export default async ({ root, folder, python, run, check, say }) => {
  const programs = join(root, 'tools', 'interop', 'onnx');
  const quiet = { cwd: root };
  const { code } = await run('node', ['--import', 'tsx', join(programs, 'write.ts'), folder], quiet);
  check('models are exported', code === 0);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.error')))
    check(file.slice(0, -6), false, readFileSync(join(folder, file), 'utf8'));
  const ran = await run(python, [join(programs, 'run.py'), folder], quiet);
  check('onnxruntime is there', ran.code === 0);
  for (const line of readFileSync(join(folder, 'results.jsonl'), 'utf8').trim().split('\n')) {
    const { name, error, worst, operators } = JSON.parse(line);
    const detail = error ?? `differs by ${worst.toExponential(1)} at most; ${operators.join(' ')}`;
    check(name, error === null && worst <= TOLERANCE, detail);
  }
  const without = readFileSync(join(folder, 'classes.txt'), 'utf8').trim();
  say(`layer classes without an ONNX form: ${without === '' ? 'none' : without.replaceAll('\n', ', ')}`);
};
