// npm test: sets up what is missing, then runs every test and check. The last line counts all of them.
// Arguments choose parts: `npm test rust js` (format lint types clippy rust js package structure).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkStructure } from './check-structure.mjs';
import { buildDist, ensureAddon, ensureModules, fail, run, runBin } from './steps.mjs';

const color = { CARGO_TERM_COLOR: 'never' };

/** A check counts as one. */
async function check(command) {
  const { code } = await command;
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** The binding has no tests, and its exports look unused to a test build: it is checked as the library it is. */
async function clippy() {
  const rules = ['--', '-D', 'warnings'];
  const tested = await run(
    'cargo',
    ['clippy', '--workspace', '--exclude', 'hornbeam-node', '--all-targets', ...rules],
    {
      env: color,
    },
  );
  const binding = await run('cargo', ['clippy', '-p', 'hornbeam-node', ...rules], { env: color });
  return check({ code: tested.code || binding.code });
}

async function rustTests() {
  const args = ['test', '--workspace', '--exclude', 'hornbeam-node', '--no-fail-fast'];
  const { code, output } = await run('cargo', args, { capture: true, env: color });
  const count = (what) =>
    [...output.matchAll(new RegExp(`^test result: .*?(\\d+) ${what}`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0);
  const [passed, failed] = [count('passed'), count('failed')];
  // A test binary that does not compile, or aborts, counts nothing.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

async function jsTests() {
  await ensureAddon();
  const folder = mkdtempSync(join(tmpdir(), 'hornbeam-test-'));
  try {
    const report = join(folder, 'report.json');
    const { code } = await runBin('vitest', 'vitest', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]);
    let counts = { numPassedTests: 0, numFailedTests: 0 };
    try {
      counts = JSON.parse(readFileSync(report, 'utf8'));
    } catch {
      // No report: vitest itself failed, which its exit code says.
    }
    const failed = counts.numFailedTests;
    return { passed: counts.numPassedTests, failed: code !== 0 && failed === 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both entry points, what they load, and the declarations as a program without `skipLibCheck` reads them. */
async function packaged() {
  await ensureAddon();
  await buildDist();
  const entries = await check(run(process.execPath, ['scripts/check-entries.mjs']));
  const parts = await check(run(process.execPath, ['scripts/check-parts.mjs']));
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  const declarations = await check(runBin('typescript', 'tsc', [...options, 'dist/index.d.cts']));
  const all = [entries, parts, declarations];
  const total = (what) => all.reduce((n, result) => n + result[what], 0);
  return { passed: total('passed'), failed: total('failed') };
}

async function structure() {
  await buildDist();
  return checkStructure();
}

const parts = {
  format: { title: 'rustfmt', task: () => check(run('cargo', ['fmt', '--all', '--check'])) },
  lint: { title: 'biome', task: () => check(runBin('@biomejs/biome', 'biome', ['check', '--error-on-warnings', '.'])) },
  types: { title: 'tsc', task: () => check(runBin('typescript', 'tsc', ['-p', '.'])) },
  clippy: { title: 'clippy', task: clippy },
  rust: { title: 'Rust tests', task: rustTests },
  js: { title: 'vitest', task: jsTests },
  package: { title: 'package', task: packaged },
  structure: { title: 'structure', task: structure },
};

const chosen = process.argv.slice(2).filter((part) => part in parts);
const results = [];
try {
  await ensureModules();
} catch (error) {
  fail(error);
}
for (const [name, { title, task }] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n== ${title}`);
  try {
    results.push({ title, ...(await task()) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    results.push({ title, passed: 0, failed: 1 });
  }
}

console.log('\n== summary');
for (const { title, passed, failed } of results) {
  console.log(
    `${failed === 0 ? 'ok  ' : 'FAIL'} ${title.padEnd(12)} ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}`,
  );
}
const total = (what) => results.reduce((n, result) => n + result[what], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') === 0 ? 0 : 1);
