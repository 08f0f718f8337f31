// What is loaded when: an import loads the core alone, and each part of the bundle (scripts/parts.mjs) is loaded by what it holds. Two
// copies of the library in one process have parts of their own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { partNames } from './parts.mjs';
import { root } from './steps.mjs';

const dist = join(root, 'dist');
const entry = join(dist, 'index.cjs');
const module = pathToFileURL(join(dist, 'index.js')).href;

/** What a program does with a part first. */
const uses = {
  'attention-layers': 'layers.attention()',
  callbacks: 'new callbacks.TerminateOnNaN()',
  image: 'image.flipLeftRight(ones([1, 2, 2, 1]))',
  'keras-ops': 'ops.sum([1, 2])',
  layers: 'layers.flatten()',
  losses: "losses.get('meanSquaredError')",
  metrics: "metrics.get('accuracy')",
  optimizers: 'train.adam()',
  'preprocessing-layers': 'layers.rescaling({ scale: 2 })',
  'recurrent-layers': 'layers.lstm({ units: 1 })',
  training: 'sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] }).predict(ones([1, 1]))',
};

/** Runs a program in a process of its own; gives the JSON that it prints. */
function outcome(program) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=commonjs', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program}\n${stderr}`);
  return JSON.parse(stdout);
}

/** Prints the names of the parts that are loaded. */
const say = 'console.log(JSON.stringify(Object.keys(require.cache)))';
const partsIn = (files) =>
  partNames.filter((part) => files.some((file) => new RegExp(`^${part}-[\\w-]{8}\\.cjs$`).test(basename(file))));

function check(truth, message) {
  if (!truth) throw new Error(message);
}

const made = partsIn(readdirSync(dist));
for (const part of partNames)
  check(made.includes(part) && part in uses, `no file in dist/, or no use here, of ${part}`);

const required = `const hornbeam = require(${JSON.stringify(entry)});`;
for (const [how, program] of Object.entries({
  require: `${required}${say}`,
  import: `import(${JSON.stringify(module)}).then(() => { ${say} })`,
  // Listing names is no use.
  'Object.keys': `${required}for (const value of Object.values(hornbeam)) Object.keys(value);${say}`,
})) {
  const loaded = partsIn(outcome(program));
  check(loaded.length === 0, `${how} loads ${loaded.join(', ')}`);
}

for (const [part, use] of Object.entries(uses)) {
  const loaded = partsIn(outcome(`${required}with (hornbeam) {${use}};${say}`));
  check(loaded.includes(part), `${use} does not load ${part}, but ${loaded.join(', ')}`);
}

const copies = outcome(`
const load = () => {
  for (const file of Object.keys(require.cache)) if (file.startsWith(${JSON.stringify(dist)})) delete require.cache[file];
  return require(${JSON.stringify(entry)});
};
const [first, second] = [load(), load()];
const used = [first, second].map(({ layers, losses, metrics, optimizers, sequential, Optimizer, Model }) => {
  const lstm = layers.lstm({ units: 1, inputShape: [2, 1] });
  const model = sequential({ layers: [lstm, layers.dropout({ rate: 0.5 })] });
  const optimizer = optimizers.get('adam');
  model.compile({ optimizer, loss: losses.get('mse'), metrics: [metrics.get('accuracy')] });
  return { lstm, optimizer, isOwn: lstm instanceof layers.Layer && optimizer instanceof Optimizer && model instanceof Model };
});
console.log(JSON.stringify({
  own: used.every(({ isOwn }) => isOwn),
  shared: used[0].lstm instanceof second.layers.Layer || used[0].optimizer instanceof second.Optimizer,
}));
`);
check(copies.own && !copies.shared, 'copies of the library share parts');
console.log(`an import loads none of the ${partNames.length} parts, their uses load them`);
