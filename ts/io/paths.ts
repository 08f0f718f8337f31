import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { formatByName } from './formats.ts';

/** How TensorFlow.js begins paths of files. What follows is a path like any other, a relative one too. */
const SCHEME = 'file://';

/** A path of the caller's: a text, one that begins with `file://`, or a URL of a file. @throws ConfigError for anything else. */
export function pathOf(call: string, path: unknown): string {
  if (path instanceof URL) {
    try {
      return fileURLToPath(path);
    } catch (cause) {
      // Of another protocol, or on a host, or with an escaped slash.
      throw new ConfigError(`${call}: ${path.href} is no file`, { cause });
    }
  }
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new ConfigError(`${call}: the path must be a text, got ${received(path)}`);
  const own = path.startsWith(SCHEME) ? path.slice(SCHEME.length) : path;
  // file:///C:/models
  return process.platform === 'win32' && /^\/[A-Za-z]:/.test(own) ? own.slice(1) : own;
}

/**
 * Where a model is saved: a path whose end is no format's is a folder for a `model.json` of TensorFlow.js if it ends with a slash, is a
 * folder already, or begins with `file://`, which TensorFlow.js takes as folders.
 */
export async function savePath(call: string, path: unknown): Promise<string> {
  const own = pathOf(call, path);
  const isFolder =
    /[/\\]$/.test(own) || (typeof path === 'string' && path.startsWith(SCHEME)) || (await isDirectory(own));
  return isFolder && formatByName(own) === undefined ? join(own, 'model.json') : own;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
