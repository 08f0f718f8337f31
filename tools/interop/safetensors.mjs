// Arrays in safetensors files: all element types, metadata. Models: those of hornbeam in Keras, weights of Python in hornbeam.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bothWays } from './arrays/both-ways.mjs';

export default async (context) => {
  await bothWays('safetensors', context);
  const { root, folder, python, run, check } = context;
  const files = join(folder, 'models');
  mkdirSync(files);
  const here = join(root, 'tools', 'interop', 'weights');
  const steps = [
    [process.execPath, '--import', 'tsx', join(here, 'models.ts'), 'write', files],
    [python, join(here, 'models.py'), files],
    [process.execPath, '--import', 'tsx', join(here, 'models.ts'), 'read', files],
  ];
  for (const [command, ...args] of steps) {
    const { code, output } = await run(command, args, { capture: true, quiet: true });
    for (const line of output.split('\n')) {
      if (!line.startsWith('{')) continue;
      const { what, isRight, detail } = JSON.parse(line);
      check(what, isRight, detail);
    }
    if (code !== 0) check(`${args.join(' ')} ran to its end`, false, output.slice(-2000));
  }
};
