import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** What a page says a program prints, from the start of one of its blocks to the end of that block. */
export interface Printed {
  /** Line of the page on which the block of code begins. */
  block: number;
  line: number;
  text: string;
}

/** TypeScript out of documentation. Its text has the line numbers of the file it was found in. */
export interface Program {
  /** `docs/guide/custom.md:12` */
  where: string;
  file: string;
  line: number;
  text: string;
  /** Lines on which blocks begin: the first, and those that continue the program. */
  blocks: number[];
  printed: Printed[];
  /** Whether exported names are there without an import, as in `@example`. */
  imports: boolean;
}

/** Blocks of code of a page: language and other words behind the fence, first line, lines. */
function* fences(page: string): Generator<{ info: string[]; line: number; lines: string[] }> {
  let open: { info: string[]; line: number; lines: string[] } | undefined;
  for (const [i, line] of page.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (open === undefined) open = { info: (fence[1] ?? '').trim().split(/\s+/), line: i + 2, lines: [] };
    else {
      yield open;
      open = undefined;
    }
  }
  if (open) throw new Error(`the block of code at line ${open.line} has no end`);
}

/**
 * The programs of a page: its `ts` blocks are one program, unless one is marked `ts new`, which begins another. A `text` block
 * is what the block of code before it prints.
 */
export function programsOf(file: string, page: string): Program[] {
  const programs: Program[] = [];
  for (const { info, line, lines } of fences(page)) {
    let program = programs.at(-1);
    if (info[0] === 'ts') {
      if (program === undefined || info[1] === 'new') {
        program = { where: `${file}:${line}`, file, line, text: '', blocks: [], printed: [], imports: false };
        programs.push(program);
      }
      program.blocks.push(line);
      program.text += '\n'.repeat(line - program.text.split('\n').length) + lines.join('\n');
    } else if (info[0] === 'text') {
      if (program === undefined) throw new Error(`${file}:${line}: what prints this?`);
      program.printed.push({ block: program.blocks.at(-1) as number, line, text: lines.join('\n') });
    }
  }
  return programs;
}

/** The `@example`s of a source file, each a program of its own. */
export function examplesOf(file: string, source: string): Program[] {
  const programs: Program[] = [];
  for (const comment of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const first = source.slice(0, comment.index).split('\n').length;
    const lines = comment[0].split('\n');
    let text: string[] | undefined;
    for (const [i, whole] of lines.entries()) {
      const line = whole.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '').replace(/\s*\*\/$/, '');
      const tag = /(?:^|\s)@example\b ?(.*)$/.exec(line);
      if (tag) {
        text = [tag[1] ?? ''];
        const at = first + i;
        programs.push({ where: `${file}:${at}`, file, line: at, text: '', blocks: [at], printed: [], imports: true });
      } else if (text === undefined) continue;
      else if (/^\s*@\w/.test(line) && !/^\s*@\w+\(/.test(line)) {
        text = undefined;
        continue;
      } else text.push(line);
      const program = programs.at(-1) as Program;
      program.text = '\n'.repeat(program.line - 1) + text.join('\n');
    }
  }
  return programs;
}

function* filesUnder(folder: string, extension: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path, extension);
    else if (entry.name.endsWith(extension)) yield path;
  }
}

const read = (path: string, of: (file: string, text: string) => Program[]): Program[] =>
  of(relative(root, path).replaceAll('\\', '/'), readFileSync(path, 'utf8'));

/** The programs of README.md and of all guides. */
export function pages(): Program[] {
  return [join(root, 'README.md'), ...filesUnder(join(root, 'docs', 'guide'), '.md')].flatMap((path) =>
    read(path, programsOf),
  );
}

/** All `@example`s of the library. */
export function examples(): Program[] {
  return [...filesUnder(join(root, 'ts'), '.ts')].flatMap((path) => read(path, examplesOf));
}
