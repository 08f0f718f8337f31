// What check-package runs in the folder of a user: programs that train, and how long an import takes.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const train = `
setSeed(1);
const model = sequential();
model.add(layers.dense({ units: 8, activation: 'tanh', inputShape: [2] }));
model.add(layers.dense({ units: 1, activation: 'sigmoid' }));
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
const y = tensor([[0], [1], [1], [0]]);
const history = await model.fit(x, y, { epochs: 20, verbose: 0, shuffle: false });
const losses = history.history.loss;
const [first, last] = [losses?.at(0), losses?.at(-1)];
if (first === undefined || last === undefined || !(last < first)) throw new Error('the loss did not fall');
console.log(last);
`;

const names = '{ layers, sequential, setSeed, tensor }';

const files = {
  'esm.mjs': `import ${names} from 'hornbeam';\n${train}`,
  'cjs.cjs': `const ${names} = require('hornbeam');\n(async () => {${train}})();\n`,
  'typescript.mts': `import ${names} from 'hornbeam';\nimport type { Tensor } from 'hornbeam';\n${train}
const typed: Tensor = x.add(y);
typed.dispose();
`,
  'classes.mjs': `import { createRequire } from 'node:module';
import * as imported from 'hornbeam';
const required = createRequire(import.meta.url)('hornbeam');
const other = Object.keys(required).filter((name) => imported[name] !== required[name]);
if (other.length > 0) throw new Error('import and require differ in ' + other.join(', '));
`,
  'import.mjs': `const before = performance.now();
await import('hornbeam');
console.log(performance.now() - before);
`,
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
      strict: true,
      exactOptionalPropertyTypes: true,
      types: [],
    },
    files: ['typescript.mts'],
  }),
};

/** Writes the programs into a folder in which hornbeam is installed. */
export function writePrograms(folder) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** Milliseconds of `import('hornbeam')`, the median of seven processes. */
export function importTime(folder, env) {
  const times = Array.from({ length: 7 }, () =>
    Number(spawnSync(process.execPath, ['import.mjs'], { cwd: folder, env, encoding: 'utf8' }).stdout),
  );
  return times.sort((a, b) => a - b)[3]?.toFixed(0);
}
