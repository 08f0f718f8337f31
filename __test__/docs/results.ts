import { stripVTControlCharacters } from 'node:util';
import { Tensor, Variable } from '../../ts/index.ts';

/** A number as it is written: how exact it is shows in its digits. */
interface Written {
  value: number;
  decimals: number;
}

type Literal = Written | string | boolean | null | undefined | Literal[] | { [key: string]: Literal };

/** What a statement must throw, by the comment behind it. */
const thrown = (comment: string): string | undefined => /^throws (\w+)$/.exec(comment)?.[1];

/** Whether the statement before this comment must throw. */
export const throws = (comment: string): boolean => thrown(comment) !== undefined;

/** Whether a comment behind a statement is the statement's value, or says what it throws. Others are remarks. */
export function isResult(comment: string): boolean {
  return throws(comment) || /^([[{'"\d]|[-+.]\d|-?(Infinity|NaN)\b|(true|false|null|undefined)\b)/.test(comment);
}

/** Reads `[1, 2.5]`, `{ loss: 0.5 }`, `'text'`, `null`, ... @throws Error for anything else. */
export function parseResult(text: string): Literal {
  let at = 0;
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const take = (pattern: RegExp): string | undefined => {
    const found = new RegExp(pattern.source, 'y');
    found.lastIndex = at;
    const match = found.exec(text)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  };
  const wrong = (): Error => new Error(`"${text}" is no value that can be compared; is it a remark?`);
  const until = (end: string, read: () => void): void => {
    at++;
    space();
    while (text[at] !== end) {
      read();
      space();
      if (text[at] === ',') at++;
      else if (text[at] !== end) throw wrong();
      space();
    }
    at++;
  };
  const value = (): Literal => {
    space();
    if (text[at] === '[') {
      const list: Literal[] = [];
      until(']', () => list.push(value()));
      return list;
    }
    if (text[at] === '{') {
      const record: { [key: string]: Literal } = {};
      until('}', () => {
        const key = take(/\w+|'[^']*'/);
        space();
        if (key === undefined || text[at++] !== ':') throw wrong();
        record[key.replaceAll("'", '')] = value();
      });
      return record;
    }
    const quoted = take(/'[^']*'|"[^"]*"/);
    if (quoted !== undefined) return quoted.slice(1, -1);
    const word = take(/(true|false|null|undefined)\b/);
    if (word !== undefined) return { true: true, false: false, null: null, undefined }[word];
    const number = take(/[-+]?(Infinity|NaN|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)/);
    if (number === undefined) throw wrong();
    return { value: Number(number), decimals: /\.(\d*)/.exec(number)?.[1]?.length ?? 0 };
  };
  const result = value();
  space();
  if (at < text.length) throw wrong();
  return result;
}

/** Tensors and typed arrays as lists of numbers. */
function plain(value: unknown): unknown {
  if (value instanceof Variable) return plain(value.read());
  if (value instanceof Tensor) return value.arraySync();
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

/** From four decimals on a number is a rounded one: its last digit may be one off. Shorter ones are exact. */
const tolerance = ({ value, decimals }: Written): number =>
  decimals >= 4 ? 1.01 * 10 ** -decimals : 1e-5 * Math.max(1, Math.abs(value));

function agree(got: unknown, wanted: Literal): boolean {
  if (wanted === null || typeof wanted !== 'object') return Object.is(got, wanted);
  if (Array.isArray(wanted)) {
    return Array.isArray(got) && got.length === wanted.length && wanted.every((item, i) => agree(got[i], item));
  }
  if (typeof wanted.value === 'number' && typeof wanted.decimals === 'number') {
    const written = wanted as unknown as Written;
    return (
      typeof got === 'number' && (Object.is(got, written.value) || Math.abs(got - written.value) <= tolerance(written))
    );
  }
  const keys = Object.keys(wanted);
  if (typeof got !== 'object' || got === null || Object.keys(got).length !== keys.length) return false;
  return keys.every((key) =>
    agree(plain((got as Record<string, unknown>)[key]), (wanted as Record<string, Literal>)[key]),
  );
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** @throws Error unless `call` throws an error of this class. */
function compareThrown(call: () => unknown, name: string): void {
  let got = 'nothing';
  try {
    call();
  } catch (error) {
    got = (error as Error).name;
  }
  if (got !== name) throw new Error(`the comment says that it throws ${name}, it throws ${got}`);
}

/** @throws Error unless `value` is what `comment` says, or the function `value` throws it. */
export function compareResult(value: unknown, comment: string): void {
  const error = thrown(comment);
  if (error !== undefined) {
    compareThrown(value as () => unknown, error);
    return;
  }
  if (value instanceof Promise) throw new Error(`"${comment}" is compared with a promise: await it`);
  const got = plain(value);
  if (!agree(got, parseResult(comment))) throw new Error(`the comment says ${comment}, the value is ${shown(got)}`);
}

/** Printed text without what differs from run to run: times, and the numbers, which come apart from it. */
function readPrinted(text: string): { words: string; numbers: string[] } {
  const numbers: string[] = [];
  const words = stripVTControlCharacters(text)
    .trimEnd()
    .replace(/\b\d+(\.\d+)?(ms|us|s)\b/g, '<time>')
    .replace(/-?\d+\.\d+/g, (number) => {
      numbers.push(number);
      return '<number>';
    });
  return { words, numbers };
}

/** @throws Error unless the text that a program printed is the text of its page; numbers may differ in their last digit. */
export function comparePrinted(got: string, wanted: string): void {
  const [a, b] = [readPrinted(got), readPrinted(wanted)];
  const same = a.words === b.words && b.numbers.every((number, i) => agree(Number(a.numbers[i]), parseResult(number)));
  if (!same) throw new Error(`the page says that it prints\n${wanted}\nit prints\n${got}`);
}
