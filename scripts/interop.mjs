// npm run test:interop: files that hornbeam writes, read by the tools whose formats they are, and the other way round. Makes a
// Python environment by package name (.venv-interop). Arguments choose families: npm run test:interop -- keras onnx.
// Every family is tools/interop/NAME.mjs; what it said goes to docs/interop/NAME.txt.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureAddon, ensureModules, fail, root, run } from './steps.mjs';

const folder = join(root, 'tools', 'interop');
const environment = join(root, '.venv-interop');
const python = process.env.HORNBEAM_INTEROP_PYTHON ?? join(environment, 'bin', 'python');

/** Makes the Python environment, again when its list of packages changed. */
async function ensurePython() {
  if (process.env.HORNBEAM_INTEROP_PYTHON !== undefined) return;
  const wanted = readFileSync(join(folder, 'requirements.txt'), 'utf8');
  const stamp = join(environment, 'requirements.txt');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(environment, { recursive: true, force: true });
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', environment],
    [python, '-m', 'pip', 'install', '--quiet', '-r', join(folder, 'requirements.txt')],
  ]) {
    const { code } = await run(command, args);
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}`);
  }
  writeFileSync(stamp, wanted);
}

/** Runs a family; gives its lines. `check` counts one case. */
async function runFamily(name) {
  const lines = [];
  let [passed, failed] = [0, 0];
  const say = (line) => {
    lines.push(line);
    console.log(line);
  };
  const check = (what, isRight, detail = '') => {
    if (isRight) passed += 1;
    else failed += 1;
    say(`${isRight ? 'ok  ' : 'FAIL'} ${what}${detail === '' ? '' : `: ${detail}`}`);
  };
  const files = mkdtempSync(join(tmpdir(), `hornbeam-interop-${name}-`));
  try {
    say(`# ${name}`);
    const { default: family } = await import(pathToFileURL(join(folder, `${name}.mjs`)).href);
    await family({ root, folder: files, python, run, check, say });
  } catch (error) {
    check(`${name} ran to its end`, false, error.message);
    console.error(error);
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
  say(`# ${name}: ${passed} passed, ${failed} failed`);
  writeFileSync(join(root, 'docs', 'interop', `${name}.txt`), `${lines.join('\n')}\n`);
  return { passed, failed };
}

try {
  await ensureModules();
  await ensureAddon();
  await ensurePython();
  const all = readdirSync(folder).flatMap((file) => (file.endsWith('.mjs') ? [file.slice(0, -4)] : []));
  const chosen = process.argv.slice(2);
  const results = [];
  for (const name of chosen.length > 0 ? chosen : all.sort()) results.push(await runFamily(name));
  const sum = (what) => results.reduce((total, result) => total + result[what], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  if (sum('failed') > 0) process.exitCode = 1;
} catch (error) {
  fail(error);
}
