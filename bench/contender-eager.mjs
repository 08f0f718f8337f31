// One library's side of the eager benchmark: LIBRARY is hornbeam, tfjs-cpu or tfjs-wasm, PROGRAM one of eager-programs.mjs. A step is
// one run of the program.
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { contend, steps } from './contender.mjs';
import { programs } from './eager-programs.mjs';

const { LIBRARY: library, PROGRAM: program } = process.env;

async function load() {
  if (library === 'hornbeam') return await import('../dist/index.js');
  // It advertises another package at start.
  console.warn = () => {};
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs');
  if (library === 'tfjs-wasm') {
    const wasm = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep);
  }
  await tf.setBackend(library === 'tfjs-wasm' ? 'wasm' : 'cpu');
  await tf.ready();
  return tf;
}

const tf = await load();
const run = programs[program](tf);

await contend({ library }, async () => {
  let last = 0;
  for (let i = 0; i < steps; i++) last = run();
  return last;
});
