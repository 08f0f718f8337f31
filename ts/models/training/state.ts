import type { Logs } from '../../callbacks/callback.ts';
import type { KeptCallback } from '../../callbacks/callback-list.ts';
import { FileError } from '../../errors.ts';
import { type RandomState, Tensor, type Variable } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import type { Compiled } from './compiled.ts';
import { batchTensors } from './data.ts';
import type { FitSetup } from './fit-setup.ts';
import { differences, lossOf, type Noted, optimizerOptionsOf } from './likeness.ts';
import { isSamples } from './stream.ts';

/** Where a training run stands: everything that says which batch comes next. */
export interface Place {
  /** The epoch in progress, or the one that comes next. */
  readonly epoch: number;
  /** Whether that epoch has begun. */
  readonly begun: boolean;
  /** Batches of the epoch that were done. */
  readonly batch: number;
  /** Next batch of the pass over the data, and which pass it is. */
  readonly cursor: number;
  readonly pass: number;
  /** Batches of a pass; null while a source has not ended yet. */
  readonly batches: number | null;
  /** Whether a generator has given its last batch. */
  readonly isOver: boolean;
  /** Batches that were taken of the sources in use, of training and of validation. */
  readonly taken: number;
  readonly validationTaken: number;
}

/** The options and data of a `fit` that decide what its batches are: those of a checkpoint must be the same. */
export type FitSettings = Readonly<Record<string, unknown>>;

interface NamedValue {
  readonly name: string;
  readonly value: Tensor;
}

const groupNames = ['weights', 'optimizer', 'metrics', 'others'] as const;
type Groups<T> = Record<(typeof groupNames)[number], T[]>;

/** Everything that a training run needs to go on as if it had never ended. */
export interface TrainingState {
  readonly settings: FitSettings;
  /** What the model computes. Earlier versions did not note it. */
  readonly model?: Noted;
  readonly place: Place;
  /** Seed of the orders of samples. */
  readonly seed: number;
  readonly random: RandomState;
  readonly stopTraining: boolean;
  /** What the last epoch that ended reported. */
  readonly logs: Logs;
  /** `others`: what steps use besides, such as the random streams of layers. */
  readonly variables: Groups<NamedValue>;
  readonly callbacks: readonly KeptCallback[];
}

/** What a state is taken of, and put back into. */
export interface TrainingParts {
  readonly model: TrainableModel;
  readonly compiled: Compiled;
  /** The variables that the steps use. */
  readonly used: Iterable<Variable>;
}

function groupsOf({ model, compiled, used }: TrainingParts): Groups<Variable> {
  const seen = new Set<Variable>();
  const fresh = (variables: Iterable<Variable>): Variable[] =>
    [...variables].filter((variable) => !seen.has(variable) && seen.add(variable));
  return {
    weights: fresh(model.weights),
    optimizer: fresh(compiled.optimizer.variables),
    metrics: fresh(compiled.train.metrics.flatMap(({ variables }) => variables)),
    others: fresh(used),
  };
}

/** The values at this moment; later steps do not change them. */
export function captureVariables(parts: TrainingParts): TrainingState['variables'] {
  const groups = groupsOf(parts);
  const values = (variables: readonly Variable[]): NamedValue[] =>
    variables.map((variable) => ({ name: variable.name, value: variable.read() }));
  return {
    weights: values(groups.weights),
    optimizer: values(groups.optimizer),
    metrics: values(groups.metrics),
    others: values(groups.others),
  };
}

/** Frees captured values. */
export function disposeVariables(variables: TrainingState['variables']): void {
  for (const name of groupNames) for (const { value } of variables[name]) value.dispose();
}

const groupTexts: Readonly<Record<(typeof groupNames)[number], string>> = {
  weights: 'weights of the model',
  optimizer: 'variables of the optimizer',
  metrics: 'variables of metrics',
  others: 'other variables of a step',
};

/**
 * Sets all variables to those of a state.
 *
 * @param file Named in errors.
 * @throws FileError unless all of them fit; nothing has changed then.
 */
export function restoreVariables(file: string, kept: TrainingState['variables'], parts: TrainingParts): void {
  const groups = groupsOf(parts);
  for (const name of groupNames) {
    const [here, there] = [groups[name], kept[name]];
    if (here.length !== there.length) {
      throw new FileError(
        `${file} holds ${there.length} ${groupTexts[name]}, but there are ${here.length}. It belongs to another model, or to other options of compile`,
      );
    }
    for (const [i, variable] of here.entries()) {
      const { name: was, value } = there[i] as NamedValue;
      if (variable.shape.join() === value.shape.join()) continue;
      throw new FileError(
        `${file} holds "${was}" of shape [${value.shape.join(', ')}] for "${variable.name}" of shape [${variable.shape.join(', ')}] (${groupTexts[name]}, number ${i}). It belongs to another model`,
      );
    }
  }
  for (const name of groupNames) {
    for (const [i, variable] of groups[name].entries()) {
      const { value } = kept[name][i] as NamedValue;
      if (value.dtype === variable.dtype) {
        variable.assign(value);
        continue;
      }
      // Files hold types of 16 bits as float32, and truth values as bytes: both ways are exact.
      const cast = value.cast(variable.dtype);
      variable.assign(cast);
      cast.dispose();
    }
  }
}

/** The settings of a `fit`. */
export function settingsOf({ plan, training, validation, classWeight }: FitSetup, compiled: Compiled): FitSettings {
  const { batchSize, stepsPerEpoch, order } = plan;
  const { optimizer, runEagerly } = compiled;
  const shapes = isSamples(training) ? batchTensors(training).map(({ shape, dtype }) => `${dtype}[${shape}]`) : null;
  const held = validation?.samples;
  return {
    'the data': isSamples(training) ? 'samples' : 'a source of batches',
    'the number of samples': isSamples(training) ? training.count : null,
    'the shapes of x and y': shapes,
    batchSize: isSamples(training) ? Math.min(batchSize, training.count) : null,
    stepsPerEpoch: stepsPerEpoch ?? null,
    shuffle: isSamples(training) ? order : null,
    classWeight: classWeight ?? null,
    'the number of validated samples':
      held === undefined ? null : isSamples(held) ? held.count : 'those of a source of batches',
    validationSteps: validation?.steps ?? null,
    loss: lossOf(compiled.config),
    'the optimizer': optimizer.getClassName(),
    optimizer: optimizerOptionsOf(optimizer),
    gradientAccumulationSteps: optimizer.gradientAccumulationSteps ?? null,
    runEagerly,
  };
}

/** Differences that an error lists. */
const MOST = 8;

/**
 * Compares what a checkpoint notes with what is here, each a record; what an earlier version did not note is taken to be the same.
 *
 * @throws FileError naming all that differs.
 */
export function checkSame(file: string, kept: FitSettings, now: FitSettings): void {
  // Options of different optimizers are not worth a word.
  const names = Object.keys(kept).filter((name) => name !== 'optimizer' || same(kept, now, 'the optimizer'));
  const found = names.flatMap((name) => differences(name, now[name], kept[name]));
  if (found.length === 0) return;
  const more = found.length > MOST ? ` and ${found.length - MOST} more` : '';
  throw new FileError(
    `${file} is a checkpoint of another training: this fit has ${found.slice(0, MOST).join(', ')}${more}. Pass what was passed before, or another folder to begin anew`,
  );
}

function same(kept: FitSettings, now: FitSettings, name: string): boolean {
  return differences(name, now[name], kept[name]).length === 0;
}

/** A state that was read of a file. @throws FileError unless it has the parts of one. */
export function checkState(file: string, read: unknown): TrainingState {
  const fail = (what: string): never => {
    throw new FileError(`${file} is no checkpoint of training: ${what}`);
  };
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tensor);
  const record = (value: unknown, what: string): Record<string, unknown> =>
    isRecord(value) ? value : fail(`its ${what} is missing`);
  const list = (value: unknown, what: string): unknown[] =>
    Array.isArray(value) ? value : fail(`its ${what} is no list`);
  const whole = (value: unknown, what: string): void => {
    if (!Number.isSafeInteger(value) || (value as number) < 0) fail(`its ${what} is no whole number`);
  };
  const words = (value: unknown, what: string, count: number): void => {
    const found = list(value, what);
    if (found.length !== count || !found.every(Number.isSafeInteger))
      fail(`its ${what} are not ${count} whole numbers`);
  };
  const state = record(read, 'state');
  record(state.settings, 'settings');
  if (state.model !== undefined) record(state.model, 'model');
  record(state.logs, 'logs');
  const place = record(state.place, 'place');
  for (const name of ['epoch', 'batch', 'cursor', 'pass', 'taken', 'validationTaken']) whole(place[name], name);
  if (place.batches !== null) whole(place.batches, 'batches');
  const flags = { begun: place.begun, isOver: place.isOver, stopTraining: state.stopTraining };
  for (const [name, value] of Object.entries(flags))
    if (typeof value !== 'boolean') fail(`its ${name} is no truth value`);
  whole(state.seed, 'seed');
  const random = record(state.random, 'random state');
  whole(random.counter, 'counter of random numbers');
  words(random.key, 'key', 2);
  words(random.traced, 'words of random numbers', 3);
  const variables = record(state.variables, 'variables');
  for (const group of groupNames) {
    for (const entry of list(variables[group], groupTexts[group])) {
      if (!isRecord(entry) || typeof entry.name !== 'string' || !(entry.value instanceof Tensor))
        fail(`an entry of its ${groupTexts[group]} is no variable`);
    }
  }
  for (const entry of list(state.callbacks, 'callbacks')) {
    if (!isRecord(entry) || typeof entry.className !== 'string' || !('state' in entry))
      fail('an entry of its callbacks is none');
    else whole(entry.occurrence, 'number of a callback');
  }
  return state as unknown as TrainingState;
}
