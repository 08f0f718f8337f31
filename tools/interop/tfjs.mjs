// Layers models of @tensorflow/tfjs (backend cpu), both ways: outputs, and how training goes on.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export default async ({ root, folder, python, run, check }) => {
  const ours = async (program, ...args) => {
    const { code, output } = await run(process.execPath, ['--import', 'tsx', join(root, 'tools', 'interop', program), ...args], {
      capture: true,
      quiet: true,
    });
    for (const line of output.split('\n')) {
      if (!line.startsWith('{')) continue;
      const { what, isRight, detail } = JSON.parse(line);
      check(what, isRight, detail);
    }
    if (code !== 0) check(`${program} ran to its end`, false, output.slice(-2000));
  };
  await ours('tfjs.ts', folder);
  // What the converter makes of models of Keras 2 and 3.
  const converted = join(folder, 'converted');
  mkdirSync(converted);
  const { code, output } = await run(python, [join(root, 'tools', 'interop', 'tfjs', 'converted.py'), converted], {
    capture: true,
    quiet: true,
  });
  if (code !== 0) check('converted.py ran to its end', false, output.slice(-2000));
  await ours(join('tfjs', 'converted.ts'), converted);
};
