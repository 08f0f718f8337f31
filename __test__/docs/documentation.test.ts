import { beforeAll, expect, it } from 'vitest';
import { type Compiled, compile } from './compile.ts';
import { examples, type Program, pages } from './extract.ts';
import { run } from './run.ts';

const found = { pages: pages(), examples: examples() };
let compiled: Map<Program, Compiled>;

// All at once: the compiler reads the library once.
beforeAll(() => {
  const programs = [...found.pages, ...found.examples];
  const results = compile(programs);
  compiled = new Map(programs.map((program, i) => [program, results[i] as Compiled]));
}, 300_000);

/** What is wrong with programs, all of it. */
async function faults(programs: readonly Program[]): Promise<string> {
  const faulty: string[] = [];
  for (const program of programs) faulty.push(...(await run(program, compiled.get(program) as Compiled)));
  return faulty.join('\n');
}

it('the programs of README.md and of the guides compile, run, and print what the page says', async () => {
  // The program of README.md trains for as many epochs.
  process.env.EPOCHS = '0';
  expect(found.pages.length).toBeGreaterThan(5);
  expect(await faults(found.pages)).toBe('');
}, 300_000);

it('every @example compiles, runs, and gives what it says', async () => {
  expect(found.examples.length).toBeGreaterThan(900);
  expect(await faults(found.examples)).toBe('');
}, 300_000);
