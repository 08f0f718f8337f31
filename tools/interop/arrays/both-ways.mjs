// Arrays both ways, for the families numpy and safetensors: each half prints one JSON line for every array that it read.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** @param {'numpy' | 'safetensors'} kind */
export async function bothWays(kind, { root, folder, python, run, check, say }) {
  const here = join(root, 'tools', 'interop', 'arrays');
  const halves = {
    python: (...args) => run(python, [join(here, 'half.py'), ...args], { capture: true, quiet: true }),
    hornbeam: (...args) =>
      run(process.execPath, ['--import', 'tsx', join(here, 'half.ts'), ...args], { capture: true, quiet: true }),
  };
  const both = async (maker, make, reader, read) => {
    const files = join(folder, maker);
    mkdirSync(files, { recursive: true });
    const made = await halves[maker](make, files);
    if (made.code !== 0) throw new Error(`${maker} ${make}: ${made.output}`);
    const { code, output } = await halves[reader](read, files);
    if (code !== 0) throw new Error(`${reader} ${read}: ${output}`);
    const rows = output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    const wrong = rows.filter(({ ok }) => !ok);
    for (const { label, detail } of wrong) say(`     ${label}: ${detail}`);
    check(`${kind}: ${rows.length} arrays that ${maker} wrote, read by ${reader}`, rows.length > 0 && wrong.length === 0);
  };
  await both('python', `make-${kind}`, 'hornbeam', 'read');
  await both('hornbeam', `write-${kind}`, 'python', 'check');
}
