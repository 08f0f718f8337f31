import { types } from 'node:util';
import { checkFlag, isOptions, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import { checkOptionNames } from '../option-names.ts';
import { type ByteSource, bytesInMemory, openFile } from './bytes.ts';
import { formatOf, formats } from './formats.ts';
import type { LoadModelOptions } from './options.ts';
import { pathOf } from './paths.ts';
import { openUrl } from './remote.ts';
import { HEAD, isHandler } from './saving.ts';
import type { IOHandler } from './tfjs/artifacts.ts';

/** What `loadModel` does. */
export async function loadFrom(
  from: string | URL | Uint8Array | ArrayBuffer | IOHandler,
  options: LoadModelOptions,
): Promise<TrainableModel> {
  checkOptions(options);
  if (isHandler(from)) {
    const { loadFromHandler } = await import('./tfjs/handling.ts');
    return loadFromHandler(from, options);
  }
  const source = await sourceOf(from, options);
  try {
    const head = await source.read(0, Math.min(HEAD, source.size));
    const entry = formatOf('loadModel', nameOf(from, source), head);
    const { load } = await entry.module();
    if (load === undefined) {
      const others = formats.flatMap(({ name, endings }) => (name === entry.name ? [] : endings));
      throw new ConfigError(
        `loadModel: the format ${entry.name} holds weights without a model: make the model and call loadWeights. Other endings are ${others.join(', ')}`,
      );
    }
    return await load(source, options);
  } finally {
    await source.close();
  }
}

function checkOptions(options: LoadModelOptions): void {
  checkOptionNames('loadModel', options, ['customObjects', 'compile', 'safeMode', 'timeout'], '{ compile: false }');
  const { customObjects = {}, compile = true, safeMode = true, timeout = 1 } = options;
  checkFlag('loadModel', 'compile', compile);
  if (!checkFlag('loadModel', 'safeMode', safeMode)) {
    throw new ConfigError(
      'loadModel: safeMode: false asks for code of the file to be run, which is never done. Pass functions and classes that the file names as customObjects, or register them with registerClass',
    );
  }
  if (typeof timeout !== 'number' || !(timeout > 0))
    throw new ConfigError(`loadModel: timeout must be milliseconds, a number above 0, got ${received(timeout)}`);
  if (!isOptions(customObjects))
    throw new ConfigError(
      `loadModel: customObjects must be an object of classes and functions by name, got ${received(customObjects)}`,
    );
  for (const [name, value] of Object.entries(customObjects)) {
    if (typeof value !== 'function')
      throw new ConfigError(`loadModel: customObjects.${name} must be a class or a function, got ${received(value)}`);
  }
}

async function sourceOf(from: unknown, { timeout }: LoadModelOptions): Promise<ByteSource> {
  if (types.isUint8Array(from)) return bytesInMemory('buffer', from);
  if (types.isAnyArrayBuffer(from)) return bytesInMemory('buffer', new Uint8Array(from));
  const url = remoteUrl(from);
  return url === undefined ? openFile(pathOf('loadModel', from)) : openUrl(url, { timeout });
}

/** The address of what is to be downloaded. Only what the caller says is ever downloaded. */
function remoteUrl(from: unknown): URL | undefined {
  if (from instanceof URL) return from.protocol === 'file:' ? undefined : from;
  if (typeof from !== 'string' || !/^https?:\/\//i.test(from)) return undefined;
  if (URL.canParse(from)) return new URL(from);
  throw new ConfigError(`loadModel: ${received(from)} is no address`);
}

/** What says the format: of an address its path. */
function nameOf(from: unknown, { name }: ByteSource): string {
  return remoteUrl(from)?.pathname ?? name;
}
