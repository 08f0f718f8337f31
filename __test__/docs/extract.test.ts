import { beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compile } from './compile.ts';
import { examplesOf, type Program, programsOf } from './extract.ts';
import { comparePrinted, compareResult, isResult } from './results.ts';
import { run } from './run.ts';

const page = (...lines: string[]): Program[] => programsOf('page.md', lines.join('\n'));

const example = (...lines: string[]): Program[] =>
  examplesOf(
    'file.ts',
    ['const before = 1;', '/**', ' * Text.', ...lines.map((line) => ` * ${line}`), ' */'].join('\n'),
  );

const printing = ['```ts', "console.log('loss', (0.5).toFixed(4), 'in 3ms');", '```', '', '```text'];

describe('what is found', () => {
  it('blocks of a page are one program, with the numbers of their lines', () => {
    const found = page('# Title', '```ts', 'const a = 1;', '```', 'text', '```ts', 'a;', '```', '```sh', 'no', '```');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ where: 'page.md:3', blocks: [3, 7], text: '\n\nconst a = 1;\n\n\n\na;' });
  });

  it('a block that is marked begins another program', () => {
    expect(page('```ts', 'a', '```', '```ts new', 'b', '```').map(({ line }) => line)).toEqual([2, 5]);
  });

  it('a block without an end is an error', () => {
    expect(() => page('```ts', 'a')).toThrow('line 2 has no end');
  });

  it('examples end at the next tag or the end of the comment', () => {
    const found = example('@example', 'a;', '  b;', '@example c // 1', '@throws Error');
    expect(found.map(({ text, line }) => [text.trim(), line])).toEqual([
      ['a;\n  b;', 4],
      ['c // 1', 7],
    ]);
    expect(examplesOf('file.ts', '/** Text. @example a(1) */')[0]).toMatchObject({ line: 1, text: 'a(1)' });
  });
});

/** Programs that are wrong, and what is said of them; one that is right says nothing. */
const wrong: [string, Program[], string][] = [
  ['a type', example('@example add(1)'), 'file.ts:4: Expected 2 arguments, but got 1.'],
  ['a name', example('@example relu(nobody)'), "file.ts:4: Cannot find name 'nobody'"],
  ['an import', page('', '```ts', "import { nothing } from 'hornbeam';", '```'), 'page.md:3: Module'],
  ['no import', page('```ts', 'zeros([1]);', '```'), "page.md:2: Cannot find name 'zeros'"],
  ['an exception', example('@example zeros([-1])'), 'file.ts:4: ShapeError'],
  ['a value', example('@example', 'add(1, 2) // 3', 'add(1, 2) // 4'), 'file.ts:6: the comment says 4, the value is 3'],
  ['a constant', example('@example const x = add(1, 2); // 4'), 'file.ts:4: the comment says 4, the value is 3'],
  ['what is printed', example('@example console.log(add(1, 2)); // 4'), 'file.ts:4: the comment says 4'],
  ['no exception', example('@example zeros([1]) // throws ShapeError'), 'it throws nothing'],
  ['nothing: the exception', example('@example zeros([-1]) // throws ShapeError'), ''],
  ['a promise', example('@example add(1, 2).data() // [3]'), 'await it'],
  ['half a value', example('@example add(1, 2) // 3, or so'), 'is it a remark?'],
  ['nothing: a remark', example('@example add(1, 2) // three'), ''],
  ['nothing: the same number', page(...printing, 'loss 0.5001 in 5ms', '```'), ''],
  ['another number', page(...printing, 'loss 0.6 in 5ms', '```'), 'page.md:6: the page says that it prints\nloss 0.6'],
  ['another word', page(...printing, 'Loss 0.5000 in 5ms', '```'), 'it prints\nloss 0.5000 in 3ms'],
];

describe('what is wrong is told, with its line', () => {
  let compiled: Compiled[] = [];
  beforeAll(() => {
    compiled = compile(wrong.flatMap(([, programs]) => programs));
  });

  it.each(wrong.map(([what, programs, said], i) => ({ what, program: programs[0] as Program, said, i })))(
    '$what',
    async ({ program, said, i }) => {
      const found = (await run(program, compiled[i] as Compiled)).join('\n');
      if (said === '') expect(found).toBe('');
      else expect(found).toContain(said);
    },
  );
});

describe('values', () => {
  it('are compared as far as they are written', () => {
    const right: [unknown, string][] = [
      [Math.LN2, '0.6931'],
      [new Float32Array([1, 2]), '[1, 2]'],
      [[[1, null], true], '[[1, null], true]'],
      [{ loss: 0.5, names: ['a'] }, "{ loss: 0.5, names: ['a'] }"],
      [Number.NaN, 'NaN'],
      [-Number.POSITIVE_INFINITY, '-Infinity'],
      ['text', "'text'"],
    ];
    for (const [value, comment] of right) {
      expect(isResult(comment), comment).toBe(true);
      expect(() => compareResult(value, comment), comment).not.toThrow();
    }
    const wrong: [unknown, string][] = [
      [0.6935, '0.6931'],
      [0.69, '0.7'],
      [[1], '[1, 2]'],
      [1, '[1]'],
      [{ loss: 1, more: 2 }, '{ loss: 1 }'],
      [1, 'true'],
      ['1', '1'],
    ];
    for (const [value, comment] of wrong) expect(() => compareResult(value, comment), comment).toThrow();
  });

  it('printed text may differ in times and last digits only', () => {
    expect(() =>
      comparePrinted('3/3 - 1s - 5ms/step - loss: 0.1234\n', '3/3 - 0s - 1ms/step - loss: 0.1235'),
    ).not.toThrow();
    expect(() => comparePrinted('loss: 0.1234', 'loss: 0.1334')).toThrow();
    expect(() => comparePrinted('a\nb', 'a')).toThrow();
  });
});
