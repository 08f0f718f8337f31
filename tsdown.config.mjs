import { defineConfig } from 'tsdown';

// Comments would be a third of what Node reads at every import; the declarations have them.
// The maps name lines of ts/, which the package does not hold: with the texts they would be a quarter of it.
const outputOptions = { comments: false, sourcemapExcludeSources: true };
const common = { format: 'cjs', platform: 'node', target: 'node20.19', outDir: 'dist', outputOptions };

export default defineConfig([
  { ...common, entry: ['ts/index.ts'], dts: true, sourcemap: true, deps: { neverBundle: [/binding\.cjs$/] } },
  // A program of its own: it runs in a worker.
  { ...common, entry: { 'hdf5-worker': 'ts/io/hdf5/worker.ts' }, clean: false, dts: false },
  // The command imports the package by name, so that there is one copy of it.
  { ...common, entry: { cli: 'ts/cli/main.ts' }, clean: false, dts: false, deps: { neverBundle: ['hornbeam'] } },
]);
