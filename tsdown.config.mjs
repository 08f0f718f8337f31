import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: ['ts/index.ts'],
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: true,
  outDir: 'dist',
  deps: { neverBundle: [/binding\.cjs$/] },
});
