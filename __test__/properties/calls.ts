// Calls as fast-check draws them: a subject and sources of its arguments.
import fc from 'fast-check';
import { atoms } from './atoms.ts';
import type { Call, Example } from './recipe.ts';
import { type Subject, source, subjectsOf } from './subjects.ts';

/** A call, written down so that it can be read, and made again. */
export interface DrawnCall {
  readonly name: string;
  readonly source: string;
  /** Arguments for the function that the call gives, if it gives one. */
  readonly more: readonly string[];
  /** Whether the numbers of the result are asked for, or the result is dropped. */
  readonly read: boolean;
}

const atom: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constantFrom(...atoms), weight: 12 },
  { arbitrary: fc.double().map((value) => (Object.is(value, -0) ? '-0' : String(value))), weight: 1 },
  { arbitrary: fc.integer().map(String), weight: 1 },
  { arbitrary: fc.string().map((text) => JSON.stringify(text)), weight: 1 },
  {
    arbitrary: fc.array(fc.constantFrom(...atoms), { maxLength: 4 }).map((list) => `[${list.join(', ')}]`),
    weight: 2,
  },
  {
    arbitrary: fc
      .dictionary(
        fc.constantFrom('name', 'units', 'seed', 'axis', 'loss', 'shape', 'length'),
        fc.constantFrom(...atoms),
      )
      .map(
        (entries) =>
          `{ ${Object.entries(entries)
            .map(([name, value]) => `${name}: ${value}`)
            .join(', ')} }`,
      ),
    weight: 1,
  },
);

/** A right call with one thing wrong: an argument, or a part of one, exchanged, left out, or one too many. */
function mutated(call: Call, picks: readonly number[], wrong: string): Call {
  const [pick = 0, ...rest] = picks;
  const at = Math.floor(pick * (call.length + 1.2));
  if (at >= call.length) return at > call.length ? call.slice(0, -1) : [...call, wrong];
  return call.map((argument, i) => (i === at ? exchanged(argument, rest, wrong) : argument));
}

function exchanged(example: Example, picks: readonly number[], wrong: string): Example {
  const [pick = 0, ...rest] = picks;
  // A part rather than the whole, two times out of three.
  if (typeof example === 'string' || pick < 0.33) return wrong;
  const share = (pick - 0.33) / 0.67;
  if (Array.isArray(example)) {
    const at = Math.floor(share * (example.length + 1));
    if (at >= example.length) return rest.length % 2 === 0 ? [...example, wrong] : example.slice(1);
    return example.map((entry: Example, i) => (i === at ? exchanged(entry, rest, wrong) : entry));
  }
  const entries = Object.entries(example as Readonly<Record<string, Example>>);
  const at = Math.floor(share * entries.length);
  return Object.fromEntries(
    entries.map(([name, entry], i) => [name, i === at ? exchanged(entry, rest, wrong) : entry]),
  );
}

/** Options are tried a few at a time: all of them at once would seldom be right together. */
function thinned(example: Example, keep: readonly number[]): Example {
  if (typeof example === 'string' || Array.isArray(example)) return example;
  const entries = Object.entries(example as Readonly<Record<string, Example>>);
  if (entries.length <= 2) return example;
  return Object.fromEntries(entries.filter((_, i) => i === 0 || (keep[i % keep.length] ?? 0) < 0.4));
}

const unit: fc.Arbitrary<number> = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function argumentsOf(subject: Subject): fc.Arbitrary<readonly string[]> {
  const right = fc.tuple(fc.constantFrom(...subject.right), fc.array(unit, { minLength: 7, maxLength: 7 }));
  return fc.oneof(
    { arbitrary: fc.array(atom, { maxLength: 5 }), weight: 4 },
    {
      arbitrary: fc
        .tuple(right, fc.array(unit, { minLength: 3, maxLength: 5 }), atom)
        .map(([[call, keep], picks, wrong]) =>
          mutated(
            call.map((argument) => thinned(argument, keep)),
            picks,
            wrong,
          ).map(source),
        ),
      weight: 5,
    },
    { arbitrary: right.map(([call, keep]) => call.map((argument) => source(thinned(argument, keep)))), weight: 1 },
  );
}

function written(subject: Subject, args: readonly string[]): string {
  if (subject.kind === 'get') return subject.head;
  if (subject.kind === 'set') return `${subject.head} = ${args[0] ?? 'undefined'}`;
  return `${subject.head}(${args.join(', ')})`;
}

/** Calls of everything that is exported, every function and class as often as any other. */
export function anyCall(only?: string): fc.Arbitrary<DrawnCall> {
  const groups = [...subjectsOf().entries()].filter(([path]) => only === undefined || path === only);
  if (groups.length === 0) throw new Error(`nothing is exported as ${only}`);
  return fc.constantFrom(...groups.map(([, subjects]) => subjects)).chain((subjects) =>
    fc.constantFrom(...subjects).chain((subject) =>
      fc.record({
        name: fc.constant(subject.name),
        source: argumentsOf(subject).map((args) => written(subject, args)),
        more: fc.array(atom, { maxLength: 3 }),
        read: fc.boolean(),
      }),
    ),
  );
}
