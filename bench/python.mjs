// The Python of the peers: $PYTHON, or an environment of our own under node_modules/.cache that `--setup` makes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../scripts/steps.mjs';

/** Names and versions of what the peers need. */
const requirements = join(root, 'bench', 'peers', 'requirements.txt');
const environment = join(root, 'node_modules', '.cache', 'peers');
const own = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** Makes the environment with $PYTHON or python3. It takes several gigabytes, most of them PyTorch's. */
export async function setUpPython() {
  const base = process.env.PYTHON ?? 'python3';
  for (const [command, args] of [
    [base, ['-m', 'venv', environment]],
    [own, ['-m', 'pip', 'install', '-r', requirements]],
  ]) {
    const { code } = await run(command, args);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with code ${code}`);
  }
}

/** The command. @throws Error when there is none. */
export function python() {
  if (process.env.PYTHON) return process.env.PYTHON;
  if (existsSync(own)) return own;
  throw new Error(`Set PYTHON to a Python that has the packages of bench/peers/requirements.txt, or pass --setup`);
}
