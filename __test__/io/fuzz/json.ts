// Mutations of JSON: values are replaced, moved, repeated, left out; keys are renamed.
import { anyBytes, type Mutate } from './bytes.ts';
import type { Random } from './random.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const texts = [
  ...[
    '',
    'a',
    '__proto__',
    'constructor',
    'toString',
    'Dense',
    'Lambda',
    'TorchModuleWrapper',
    'os',
    'system',
    'builtins',
    'eval',
  ],
  ...[
    'keras.src.utils',
    '../x',
    '/etc/passwd',
    'http://localhost/x',
    'float32',
    'int64',
    'bfloat16',
    'relu',
    'ünïcödé \u{1f600}',
    '\0',
    '\ud800',
  ],
  ...[
    'Sequential',
    'Functional',
    'Bidirectional',
    'TimeDistributed',
    'x'.repeat(5000),
    '__lambda__',
    '__tensor__',
    'keras',
    'null',
    'NaN',
  ],
];
const numbers = [
  0,
  -0,
  1,
  -1,
  1.5,
  2,
  3,
  255,
  256,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e300,
  -1e300,
  5e-324,
];

function wild(random: Random, depth = 0): Json {
  switch (random.below(depth > 3 ? 5 : 8)) {
    case 0:
      return null;
    case 1:
      return random.once(2);
    case 2:
    case 3:
      return random.pick(numbers);
    case 4:
      return random.pick(texts);
    case 5:
      return Array.from({ length: random.below(depth === 0 && random.once(20) ? 3000 : 5) }, () =>
        wild(random, depth + 1),
      );
    case 6: {
      let nested: Json = wild(random, depth + 1);
      for (let level = random.below(80); level > 0; level--) nested = random.once(2) ? [nested] : { config: nested };
      return nested;
    }
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.pick(texts), wild(random, depth + 1)]),
      );
  }
}

/** All lists and objects in a value, and in them. */
function containers(
  value: Json,
  found: (Json[] | { [key: string]: Json })[] = [],
): (Json[] | { [key: string]: Json })[] {
  if (typeof value !== 'object' || value === null) return found;
  found.push(value);
  for (const one of Object.values(value)) containers(one, found);
  return found;
}

function change(random: Random, root: Json): Json {
  const all = containers(root);
  if (all.length === 0) return wild(random);
  const place = random.pick(all) as Record<string, Json>;
  const keys = Object.keys(place);
  if (keys.length === 0) return random.once(2) ? wild(random) : root;
  const key = random.pick(keys);
  const other = random.pick(all) as Record<string, Json>;
  switch (random.below(8)) {
    case 0:
    case 1:
      place[key] = wild(random);
      break;
    case 2:
      if (Array.isArray(place)) place.splice(Number(key), 1);
      else delete place[key];
      break;
    case 3: {
      // What stands elsewhere, as a copy: a value within itself would have no end.
      const value = other[random.pick(Object.keys(other)) ?? ''];
      if (value !== undefined) place[key] = structuredClone(value);
      break;
    }
    case 4:
      if (!Array.isArray(place)) {
        const value = place[key] as Json;
        delete place[key];
        Object.defineProperty(place, random.pick(texts), {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      break;
    case 5: {
      if (Array.isArray(place))
        for (let times = random.below(20); times > 0; times--) place.push(structuredClone(random.pick(place)));
      break;
    }
    case 6: {
      const value = place[key];
      if (typeof value === 'number')
        place[key] = random.pick([value + 1, value - 1, -value, value * 1000, value + 0.5, ...numbers]);
      else if (typeof value === 'string')
        place[key] = random.pick([`${value}x`, value.toUpperCase(), value.slice(1), ...texts]);
      else place[key] = wild(random);
      break;
    }
    default:
      place[key] = [place[key] as Json];
  }
  return root;
}

/** A text whose value differs; sometimes one that is no JSON, or has a key twice. */
export const anyJson: Mutate = (random, bytes, others) => {
  if (random.once(8)) return anyBytes(random, bytes, others);
  let value: Json;
  try {
    value = JSON.parse(Buffer.from(bytes).toString()) as Json;
  } catch {
    return anyBytes(random, bytes, others);
  }
  do value = change(random, value);
  while (random.once(3));
  let text = JSON.stringify(value);
  if (random.once(30)) text = text.replace(/"(\w+)":/, '"$1":1,"$1":');
  if (random.once(30))
    text = text.replace(/\d+/, random.pick(['NaN', '1e999', '-Infinity', '01', '1e-999', '99999999999999999999']));
  return Buffer.from(text);
};
