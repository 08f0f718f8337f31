// Layers models of @tensorflow/tfjs (backend cpu), both ways: outputs, and how training goes on.
import { join } from 'node:path';

export default async ({ root, folder, run, check }) => {
  const { code, output } = await run(
    process.execPath,
    ['--import', 'tsx', join(root, 'tools', 'interop', 'tfjs.ts'), folder],
    { capture: true, quiet: true },
  );
  for (const line of output.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { what, isRight, detail } = JSON.parse(line);
    check(what, isRight, detail);
  }
  if (code !== 0) check('tfjs.ts ran to its end', false, output.slice(-2000));
};
