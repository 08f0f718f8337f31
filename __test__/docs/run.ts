import { createRequire } from 'node:module';
import { format } from 'node:util';
import * as hornbeam from '../../ts/index.ts';
import { blockName, type Compiled, compareName } from './compile.ts';
import type { Program } from './extract.ts';
import { comparePrinted, compareResult } from './results.ts';

const fromNode = createRequire(import.meta.url);

type Main = (...parts: unknown[]) => Promise<void>;
const AsyncFunction = (async () => {}).constructor as new (...texts: string[]) => Main;

/** Everything that is printed until the returned function is called goes to `print` instead. */
function captured(print: (text: string) => void): () => void {
  const { log, info, warn } = console;
  const { write } = process.stdout;
  const line = (...parts: unknown[]): void => print(`${format(...parts)}\n`);
  Object.assign(console, { log: line, info: line, warn: line });
  process.stdout.write = ((text: string | Uint8Array) => {
    print(String(text));
    return true;
  }) as typeof write;
  return () => {
    Object.assign(console, { log, info, warn });
    process.stdout.write = write;
  };
}

/** Runs a program; gives what is wrong with it, one line or more for each fault. */
export async function run(program: Program, { javascript, errors }: Compiled): Promise<string[]> {
  if (errors.length > 0) return errors;
  const wrong: string[] = [];
  const output = new Map<number, string>();
  let block = program.line;
  const threads = hornbeam.getThreads();
  const precision = hornbeam.getPrecision();
  hornbeam.clearSession();
  hornbeam.setSeed(1);
  const require = (name: string): unknown => (name === 'hornbeam' ? hornbeam : fromNode(name));
  const compare = (value: unknown, comment: string, line: number): unknown => {
    try {
      compareResult(value, comment);
    } catch (error) {
      wrong.push(`${program.file}:${line}: ${(error as Error).message}`);
    }
    return value;
  };
  const begin = (line: number): void => {
    block = line;
  };
  const restore = captured((text) => output.set(block, (output.get(block) ?? '') + text));
  try {
    await new AsyncFunction('require', 'exports', compareName, blockName, javascript)(require, {}, compare, begin);
  } catch (error) {
    wrong.push(`${program.where}: ${(error as Error).stack ?? error}`);
  } finally {
    restore();
    hornbeam.setThreads(threads);
    hornbeam.setPrecision(precision);
  }
  if (wrong.length > 0) return wrong;
  for (const { block: printer, line, text } of program.printed) {
    try {
      comparePrinted(output.get(printer) ?? '', text);
    } catch (error) {
      wrong.push(`${program.file}:${line}: ${(error as Error).message}`);
    }
  }
  return wrong;
}
