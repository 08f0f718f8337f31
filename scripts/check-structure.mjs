// npm run check:structure: the rules of ARCHITECTURE.md that a program can check. One line a broken rule; exit code 1.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { filesUnder, root } from './steps.mjs';

/** Longest source file. */
const MAX_LINES = 500;
/** Folders with more files than this explain themselves, in a README of at most this many lines. */
const MAX_UNEXPLAINED = 6;
const README_LINES = 15;

/** Which crate may use which; `dev:` marks dependencies of tests only. */
const arrows = {
  'hornbeam-kernels': [],
  'hornbeam-graph': [],
  'hornbeam-engine': ['hornbeam-kernels', 'hornbeam-graph', 'dev:hornbeam-reference'],
  'hornbeam-node': ['hornbeam-engine'],
  'hornbeam-reference': ['hornbeam-graph'],
};

/** Where `unsafe` may stand. */
const unsafeHomes = [
  /^crates\/kernels\//,
  /^crates\/node\/src\/(convert|handles)\.rs$/,
  /^crates\/engine\/src\/(arena|pool)\.rs$/,
  // A counting allocator cannot be written without it.
  /^crates\/engine\/tests\/steady\.rs$/,
];

const slashed = (path) => relative(root, path).split(sep).join('/');
const linesOf = (path) => readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
const under = (...folders) => folders.flatMap((folder) => filesUnder(join(root, folder)));

function crateArrows() {
  const result = spawnSync('cargo', ['metadata', '--format-version', '1', '--no-deps'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (result.status !== 0) return [`cargo metadata failed: ${result.stderr ?? result.error?.message}`];
  return JSON.parse(result.stdout).packages.flatMap((crate) => {
    const allowed = arrows[crate.name];
    if (allowed === undefined) return [`crate ${crate.name} is not in the table of scripts/check-structure.mjs`];
    return crate.dependencies
      .filter((dependency) => dependency.name.startsWith('hornbeam-'))
      .map((dependency) => (dependency.kind === 'dev' ? `dev:${dependency.name}` : dependency.name))
      .filter((arrow) => !allowed.includes(arrow) && !allowed.includes(arrow.replace('dev:', '')))
      .map((arrow) => `crate ${crate.name} must not depend on ${arrow}`);
  });
}

/** Rust without comments and texts: only there does a word count. */
function rustCode(text) {
  return text.replace(/'\\?"'|\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"/g, '');
}

function unsafeCode() {
  return under('crates')
    .filter((path) => path.endsWith('.rs') && !unsafeHomes.some((home) => home.test(slashed(path))))
    .filter((path) => /\bunsafe\b(?!_code)/.test(rustCode(readFileSync(path, 'utf8'))))
    .map((path) => `${slashed(path)}: unsafe code belongs in kernels, node, or engine's arena.rs and pool.rs`);
}

// The test calls the addon as its face never does: with lists that run JavaScript while they are read.
const importers = ['ts/native.ts', '__test__/tensor/arguments.test.ts'];

function bindingImports() {
  return under('ts', '__test__', 'examples', 'bench')
    .filter((path) => /\.(ts|mts|mjs|js)$/.test(path) && !importers.includes(slashed(path)))
    .filter((path) => /['"][^'"\n]*native\/binding\.cjs['"]/.test(readFileSync(path, 'utf8')))
    .map((path) => `${slashed(path)}: only ts/native.ts imports the binding`);
}

function fileLengths() {
  return under('ts', '__test__', 'crates', 'scripts', 'examples', 'bench')
    .filter((path) => /\.(ts|mjs|js|rs|py)$/.test(path) && linesOf(path).length > MAX_LINES)
    .map((path) => `${slashed(path)}: ${linesOf(path).length} lines, at most ${MAX_LINES}`);
}

function readmes() {
  const folders = new Set(
    under('ts', '__test__', 'crates', 'scripts', 'examples', 'bench', 'docs').map((path) => dirname(path)),
  );
  return [...folders].flatMap((folder) => {
    const files = readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name !== 'README.md',
    );
    const readme = join(folder, 'README.md');
    if (!existsSync(readme)) {
      return files.length > MAX_UNEXPLAINED
        ? [`${slashed(folder)}: ${files.length} files and no README.md that states the rule`]
        : [];
    }
    const lines = linesOf(readme).length;
    return lines > README_LINES ? [`${slashed(readme)}: ${lines} lines, at most ${README_LINES}`] : [];
  });
}

function forbiddenNames() {
  return under('ts', '__test__', 'crates', 'scripts', 'examples', 'bench')
    .filter(
      (path) =>
        /^(utils?|helpers?|misc|manager)\b/.test(basename(path)) || /\/(utils?|helpers?|misc)\//.test(slashed(path)),
    )
    .map((path) => `${slashed(path)}: a name that says nothing`);
}

/** `any` in a type position of the public declarations; the function called `any` is no type. */
async function anyInDeclarations() {
  const path = join(root, 'dist', 'index.d.cts');
  if (!existsSync(path)) return ['dist/index.d.cts is missing: run npm run build first'];
  const { default: ts } = await import('typescript');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`dist/index.d.cts:${line + 1}: any in a public declaration`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const checks = {
  'crate arrows': crateArrows,
  'unsafe only where it may be': unsafeCode,
  'one file imports the binding': bindingImports,
  'file length': fileLengths,
  'a README in every large folder': readmes,
  'file names that say something': forbiddenNames,
  'no any in public declarations': anyInDeclarations,
};

/** Runs all checks; gives how many passed and failed. */
export async function checkStructure() {
  let passed = 0;
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const broken = await check();
    if (broken.length === 0) passed++;
    else failed++;
    console.log(`${broken.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
    for (const line of broken) console.log(`     ${line}`);
  }
  return { passed, failed };
}

if (process.argv[1] === join(root, 'scripts', 'check-structure.mjs')) {
  const { failed } = await checkStructure();
  process.exit(failed === 0 ? 0 : 1);
}
