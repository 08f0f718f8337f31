// Writes docs/keras.md from docs/keras.json: which classes and functions of Keras are here. A test compares it with the real
// exports, and its names with docs/keras-names.json, which tools/keras-names wrote. node scripts/keras-table.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './steps.mjs';

const readJSON = (name) => JSON.parse(readFileSync(join(root, 'docs', name), 'utf8'));

/** State of every row by name: `here`, `differs: how`, `missing: why`. */
export const readTable = () => readJSON('keras.json');
/** Kind of every name of Keras. */
export const readNames = () => readJSON('keras-names.json');

const remark = (text) => text.slice(text.indexOf(':') + 2);
const code = (names) => names.map((name) => `\`${name}\``).join(', ');

/** Rows with one remark are one row. */
function table(head, rows) {
  if (rows.length === 0) return [];
  const byRemark = new Map();
  for (const { name, state } of rows) byRemark.set(remark(state), [...(byRemark.get(remark(state)) ?? []), name]);
  return [
    `| ${head[0]} | ${head[1]} |`,
    '|---|---|',
    ...[...byRemark].map(([text, names]) => `| ${code(names)} | ${text} |`),
    '',
  ];
}

function section(title, rows) {
  const of = (state) => rows.filter((row) => row.state.split(':', 1)[0] === state);
  const here = of('here').map(({ name }) => name);
  return [
    `## ${title}`,
    '',
    ...(here.length === 0 ? [] : [`**Here (${here.length}):** ${code(here)}`, '']),
    ...table(['differs', 'how'], of('differs')),
    ...table(['missing', 'why'], of('missing')),
  ];
}

/** The page. */
export function page({ version, names }) {
  const sections = new Map();
  for (const [path, state] of Object.entries(names)) {
    const dot = path.lastIndexOf('.');
    const title = `keras${dot < 0 ? '' : `.${path.slice(0, dot)}`}`;
    sections.set(title, [...(sections.get(title) ?? []), { name: path.slice(dot + 1), state }]);
  }
  const count = (state) => Object.values(names).filter((text) => text.split(':', 1)[0] === state).length;
  return [
    `# Keras ${version}: its public classes, and hornbeam`,
    '',
    'Written by `scripts/keras-table.mjs` from `docs/keras.json`; a test compares it with the real exports and with what Keras itself lists',
    '(`tools/keras-names`). Classes keep their names (`layers.Dense`); functions are in camelCase (`activations.hardSilu`), and every layer has a',
    'factory in camelCase (`layers.dense`). `keras.ops` and `keras.random` are in [Operations](ops.md); what differs beyond single classes',
    'is in [Coming from Keras](guide/from-keras.md).',
    '',
    `Here ${count('here')}, different ${count('differs')}, missing ${count('missing')}.`,
    '',
    ...[...sections].flatMap(([title, rows]) => section(title, rows)),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, 'docs', 'keras.md'), page(readTable()));
}
