import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { formatBytes } from './facts.ts';

type Library = typeof import('../index.ts');

/** A command line that is none; its message says what is missing. */
export class UsageError extends Error {}

/** What a command works with: the library, and where lines go. */
export interface Surroundings {
  load(): Promise<Library>;
  print(line: string): void;
  /** Lines for people that are no result: errors. */
  warn(line: string): void;
}

/** Runs what works with files; an error is a line, not a stack. Gives the exit code. */
export async function reporting({ warn }: Surroundings, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { message, stack } = error as Error;
    warn(`hornbeam: ${process.env.HORNBEAM_FULL_STACK ? stack : message}`);
    return 1;
  }
}

/** A folder with a model of TensorFlow.js stands for its `model.json`. */
export function modelFile(path: string): string {
  const inside = join(path, 'model.json');
  return isThere(path, 'isDirectory') && isThere(inside, 'isFile') ? inside : path;
}

function isThere(path: string, is: 'isDirectory' | 'isFile'): boolean {
  return statSync(path, { throwIfNoEntry: false })?.[is]() ?? false;
}

/** The files that a model takes: a `model.json` has others beside it. */
export function filesOf(path: string): string[] {
  if (!path.toLowerCase().endsWith('.json')) return [path];
  try {
    const { weightsManifest } = JSON.parse(readFileSync(path, 'utf8')) as { weightsManifest?: { paths: string[] }[] };
    const names = weightsManifest?.flatMap(({ paths }) => paths) ?? [];
    return [path, ...names.map((name) => join(dirname(path), basename(name)))];
  } catch {
    return [path];
  }
}

/** `1.2 MB`, or `1.2 MB in 3 files`. */
export function sizeOf(path: string): string {
  const files = filesOf(path);
  const bytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
  return `${formatBytes(bytes)}${files.length === 1 ? '' : ` in ${files.length} files`}`;
}
