import { access } from 'node:fs/promises';
import { checkFlag } from '../arguments.ts';
import { ConfigError, FileError, StateError } from '../errors.ts';
import type { TrainableModel } from '../models/model.ts';
import { checkOptionNames } from '../option-names.ts';
import { openFile } from './bytes.ts';
import { type Format, type FormatEntry, formatOf, formats } from './formats.ts';
import type { LoadWeightsOptions, SaveModelOptions, SaveWeightsOptions } from './options.ts';
import { pathOf, savePath } from './paths.ts';
import type { IOHandler, SaveResult } from './tfjs/artifacts.ts';

/** First bytes of a file, enough for every format to know its own. */
export const HEAD = 64;

/** What `model.save` does. */
export async function saveModel(
  model: TrainableModel,
  target: string | URL | IOHandler,
  options: SaveModelOptions,
): Promise<SaveResult | undefined> {
  checkOptionNames('save', options, ['overwrite', 'includeOptimizer'], '{ overwrite: false }');
  const { overwrite = true, includeOptimizer = true } = options;
  checkFlag('save', 'includeOptimizer', includeOptimizer);
  if (isHandler(target)) {
    checkBuilt('save', model);
    const { saveToHandler } = await import('./tfjs/handling.ts');
    return saveToHandler(model, target, { includeOptimizer });
  }
  const path = await savePath('save', target);
  const format = await writerOf('save', model, path, overwrite, 'save');
  await format(model, path, { overwrite, includeOptimizer });
  return undefined;
}

/** Whether it stores models, or gives them, in its own way. */
export function isHandler(target: unknown): target is IOHandler {
  if (typeof target !== 'object' || target === null || target instanceof URL || ArrayBuffer.isView(target))
    return false;
  return 'save' in target || 'load' in target;
}

/** What `model.saveWeights` does. */
export async function saveModelWeights(
  model: TrainableModel,
  target: string | URL,
  options: SaveWeightsOptions,
): Promise<void> {
  checkOptionNames('saveWeights', options, ['overwrite'], '{ overwrite: false }');
  const { overwrite = true } = options;
  const path = pathOf('saveWeights', target);
  const format = await writerOf('saveWeights', model, path, overwrite, 'saveWeights');
  await format(model, path, { overwrite });
}

/** What `model.loadWeights` does. */
export async function loadModelWeights(
  model: TrainableModel,
  target: string | URL,
  options: LoadWeightsOptions,
): Promise<void> {
  checkOptionNames('loadWeights', options, ['byName', 'skipMismatch'], '{ byName: true }');
  const { byName = false, skipMismatch = false } = options;
  checkFlag('loadWeights', 'byName', byName);
  checkFlag('loadWeights', 'skipMismatch', skipMismatch);
  checkBuilt('loadWeights', model);
  const path = pathOf('loadWeights', target);
  const source = await openFile(path);
  try {
    const head = await source.read(0, Math.min(HEAD, source.size));
    const entry = formatOf('loadWeights', path, head);
    const { loadWeights } = await entry.module();
    if (loadWeights === undefined) throw new ConfigError(lacks('loadWeights', entry, 'loadWeights'));
    await loadWeights(model, source, { byName, skipMismatch });
  } finally {
    await source.close();
  }
}

function checkBuilt(call: string, model: TrainableModel): void {
  if (model.built) return;
  throw new StateError(
    `${model.label}: ${call} needs a model that is built. Give it an inputShape, call build(inputShape), or call it once`,
  );
}

/** The function of a format that writes. @throws unless the model is built and the path may be written. */
async function writerOf<M extends 'save' | 'saveWeights'>(
  call: string,
  model: TrainableModel,
  path: string,
  overwrite: boolean,
  method: M,
): Promise<NonNullable<Format[M]>> {
  const entry = formatOf(call, path);
  checkBuilt(call, model);
  // Early, before the work; the writer itself looks again.
  if (!checkFlag(call, 'overwrite', overwrite) && (await exists(path)))
    throw new FileError(`${call}: ${path} is there already, and overwrite is false`);
  const write = (await entry.module())[method];
  if (write === undefined) throw new ConfigError(lacks(call, entry, method));
  return write as NonNullable<Format[M]>;
}

function lacks(call: string, { name }: FormatEntry, method: keyof Format): string {
  const others = formats.filter((entry) => entry.name !== name).flatMap(({ endings }) => endings);
  return `${call}: the format ${name} does not offer ${method}; other endings are ${others.join(', ')}`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
