// Writes docs/ops.md from docs/ops.json: which functions of TensorFlow.js and keras.ops are here. A test compares both with the
// real exports. node scripts/ops-table.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './steps.mjs';

/** `expand_dims` as it is called here: `expandDims`. */
export const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Name and state of every row: `here`, `differs: how`, `missing: why`. */
export function readTable() {
  return JSON.parse(readFileSync(join(root, 'docs', 'ops.json'), 'utf8'));
}

const stateOf = (text) => text.split(':', 1)[0];
const remark = (text) => text.slice(text.indexOf(':') + 2);

function section(title, text, names, shown) {
  const rows = Object.entries(names).map(([name, state]) => ({ name: shown(name), state }));
  const of = (state) => rows.filter((row) => stateOf(row.state) === state);
  const list = (some) => some.map(({ name }) => `\`${name}\``).join(', ');
  const table = (head, some) =>
    some.length === 0
      ? []
      : [
          `| ${head[0]} | ${head[1]} |`,
          '|---|---|',
          ...some.map((row) => `| \`${row.name}\` | ${remark(row.state)} |`),
          '',
        ];
  return [
    `## ${title}`,
    '',
    text,
    '',
    `**Here (${of('here').length}):** ${list(of('here'))}`,
    '',
    ...table(['differs', 'how'], of('differs')),
    ...table(['missing', 'why'], of('missing')),
  ];
}

/** The page. */
export function page({ tensorflowjs, tensor, keras }) {
  return [
    '# Operations: what TensorFlow.js and Keras have, and hornbeam',
    '',
    'Written by `scripts/ops-table.mjs` from `docs/ops.json`; a test compares it with the real exports. Every operation of',
    'TensorFlow.js that is here is compared with it on random inputs, value and gradient (`__test__/differential/`).',
    '',
    ...section(
      `TensorFlow.js ${tensorflowjs.version}`,
      'Functions, classes and namespaces of `tf` (names of kernels, which are texts, left out).',
      tensorflowjs.names,
      (name) => `tf.${name}`,
    ),
    ...section(
      `Methods of Tensor`,
      `What \`tf.Tensor.prototype\` has in ${tensor.version}.`,
      tensor.names,
      (name) => name,
    ),
    ...section(
      `keras.ops ${keras.version}`,
      'In camelCase in `ops`, with the arguments of Keras in their order. `keras.random` is `random`.',
      keras.names,
      (name) => (name.startsWith('random.') ? camelCase(name) : `ops.${camelCase(name)}`),
    ),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, 'docs', 'ops.md'), page(readTable()));
}
