import { defineConfig } from 'tsdown';
import { codeSplitting, loadPartsAtFirstUse } from './scripts/parts.mjs';

// Comments would be a third of what Node reads at every import; the declarations have them.
// No source maps: ts/ is not in the package, and they would be an eighth of it.
const outputOptions = { comments: false };
const common = { format: 'cjs', platform: 'node', target: 'node20.19', outDir: 'dist', outputOptions };

export default defineConfig([
  {
    ...common,
    entry: ['ts/index.ts'],
    dts: true,
    sourcemap: false,
    deps: { neverBundle: [/binding\.cjs$/] },
    // Functions keep the names that they have in ts/, also those that several files have. The declarations stay one file.
    outputOptions: (options, _, { cjsDts }) => ({
      ...options,
      ...outputOptions,
      ...(cjsDts ? {} : { codeSplitting, keepNames: true }),
    }),
    // What chunks that are chosen by hand ask for. It adds no export: the entry itself holds no module that another chunk imports.
    inputOptions: { preserveEntrySignatures: 'allow-extension' },
    plugins: [loadPartsAtFirstUse()],
  },
  // A program of its own: it runs in a worker.
  { ...common, entry: { 'hdf5-worker': 'ts/io/hdf5/worker.ts' }, clean: false, dts: false },
  // The command imports the package by name, so that there is one copy of it.
  { ...common, entry: { cli: 'ts/cli/main.ts' }, clean: false, dts: false, deps: { neverBundle: ['hornbeam'] } },
]);
