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
await model.save('model.keras');
const again = await loadModel('model.keras');
const [before, after] = await Promise.all([model, again].map((one) => one.predictOnBatch(x).data()));
if (before?.join() !== after?.join()) throw new Error('a model that was saved and loaded predicts something else');
console.log(last);
`;

const names = '{ layers, loadModel, sequential, setSeed, tensor }';

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
  'import.mjs': `const cpu = process.cpuUsage();
const before = performance.now();
await import(process.argv[2]);
const wall = performance.now() - before;
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify([wall, (user + system) / 1000]));
`,
  'empty.mjs': '',
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

/** Processes of which the median is taken. */
const RUNS = 20;

/** What it takes to import something in fresh processes: medians of the clock's and of the processor's milliseconds. */
function importTimes(what, folder, env) {
  const runs = Array.from({ length: RUNS }, () =>
    JSON.parse(spawnSync(process.execPath, ['import.mjs', what], { cwd: folder, env, encoding: 'utf8' }).stdout),
  );
  const median = (values) => values.sort((a, b) => a - b)[values.length / 2].toFixed(0);
  return { wall: median(runs.map(([wall]) => wall)), cpu: median(runs.map(([, cpu]) => cpu)) };
}

/** A line about `import('hornbeam')`; an empty module says how much of it is Node's own. */
export function importReport(folder, env) {
  const ours = importTimes('hornbeam', folder, env);
  const empty = importTimes('./empty.mjs', folder, env);
  return (
    `import takes ${ours.wall} ms, ${ours.cpu} ms of processor time; an empty module ${empty.wall} ms, ${empty.cpu} ms ` +
    `(medians of ${RUNS} processes, this machine, as busy as it is)`
  );
}
