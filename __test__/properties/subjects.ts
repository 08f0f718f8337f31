// Everything that the package exports, found at run time: what is added later is met without a line here.
import * as tf from '../../ts/index.ts';
import { examples, guesses } from './examples.ts';
import { evaluate } from './fixtures.ts';
import type { Call } from './recipe.ts';

/** Something to be called: `head(args)`, or `head = arg` for a setter, `head` for a getter. */
export interface Subject {
  readonly name: string;
  readonly head: string;
  readonly kind: 'call' | 'get' | 'set';
  /** Calls that are right. */
  readonly right: readonly Call[];
}

/** What is not called, and why. */
export const left: ReadonlyMap<string, string> = new Map([
  ['datasets.mnist', 'takes no arguments and reads 50 MB'],
  ['SymbolicTensor', 'made by input and apply'],
  ['layers.SymbolicTensor', 'made by input and apply'],
  ['convNd', 'shared by the convolutions'],
  ['convOptions', 'shared by the convolutions'],
  ['Layer#outputSpecs', 'internal'],
  ['Layer#addedLosses', 'internal'],
  ['Layer#buildShapeOf', 'for subclasses of this package'],
  ['Model#runStep', 'internal: a step calls it'],
  ['Model#trainStep', 'written by subclasses: a step calls it'],
  ['Model#testStep', 'written by subclasses: a step calls it'],
  ['Layer#call', 'written by subclasses: apply calls it'],
  ['RNNCell#begin', 'internal'],
  ['RNNCell#outputOf', 'internal'],
  ['RNN#loopConfig', 'internal'],
  ['GatedCell#addWeights', 'for subclasses of this package'],
  ['GatedCell#activate', 'for subclasses of this package'],
  ['GatedCell#drawMasks', 'for subclasses of this package'],
  ['Layer#computeMask', 'written by subclasses: apply calls it'],
  ['Layer#checkInput', 'written by subclasses: build and apply call it'],
  ['Callback#setModel', 'called by fit'],
  ['Callback#setParams', 'called by fit'],
  ['Callback#getState', 'called by fit'],
  ['Callback#setState', 'called by fit'],
  ['BackupAndRestore#load', 'internal'],
  ['BackupAndRestore#save', 'internal'],
  ['BackupAndRestore#finish', 'internal'],
  ['BackupAndRestore#passBatches', 'internal'],
  ['Layer#maskForCall', 'for subclasses of this package'],
  ['Dropping#maskShape', 'for subclasses of this package'],
  ['Layer#markChanged', 'for subclasses, without arguments'],
  ['KernelLayer#addKernel', 'for subclasses of this package'],
  ['KernelLayer#addBias', 'for subclasses of this package'],
  ['KernelLayer#activate', 'for subclasses of this package'],
  ['Merge#merge', 'for subclasses of this package'],
  ['Attention#scoresOf', 'for subclasses of this package'],
  ['ProjectedAttention#projection', 'for subclasses of this package'],
  ['ProjectedAttention#project', 'for subclasses of this package'],
  ['ProjectedAttention#equations', 'for subclasses of this package'],
  ['ProjectedAttention#spread', 'for subclasses of this package'],
  ['Optimizer#updateStep', 'for subclasses: apply calls it'],
  ['Optimizer#slotNamesFor', 'for subclasses: build calls it'],
  ['Optimizer#initialSlot', 'for subclasses: build calls it'],
  ['Optimizer#step', 'for subclasses: apply calls it'],
  ['Optimizer#decayOf', 'for subclasses: apply calls it'],
  ['Optimizer#isExcluded', 'for subclasses: apply calls it'],
  ['Metric#buildOnce', 'for subclasses: updateState calls it'],
  ['Counting#count', 'for subclasses of this package'],
  ['Counting#addCounts', 'for subclasses of this package'],
  ['Counting#share', 'for subclasses of this package'],
  ['Constrained#best', 'for subclasses of this package'],
  ['Constraint#call', 'written by subclasses: an optimizer calls it with the new weights'],
  ['TensorBase#label', 'for subclasses, without arguments'],
  ['Model#checkNotFitting', 'for subclasses'],
]);

/** Classes whose members are reached through an instance: how it is made where its constructor alone is not enough. */
const receivers: Readonly<Record<string, readonly string[]>> = {
  Tensor: ['x()', 'x([2], "int32")', 'disposed(x())', 'finished()', 'x([])'],
  Variable: ['variable()', 'disposed(variable())'],
  Sequential: ['model()', 'tf.sequential()', 'disposed(model())', "model({ loss: 'mae', runEagerly: true })"],
  Functional: ['graph()'],
  Callback: ['called(new tf.Callback())'],
  EarlyStopping: ["called(new tf.EarlyStopping({ monitor: 'loss', restoreBestWeights: true }))"],
  History: ['new tf.History()'],
  BackupAndRestore: ["called(new tf.callbacks.BackupAndRestore({ backupDir: '/dev/null/never' }))"],
  ModelCheckpoint: ["called(new tf.callbacks.ModelCheckpoint({ filepath: '/dev/null/never.keras' }))"],
  CSVLogger: ["called(new tf.callbacks.CSVLogger('/dev/null'))"],
  LambdaCallback: ['called(new tf.callbacks.LambdaCallback({ onTrainBegin() {} }))'],
  SwapEMAWeights: ['called(new tf.callbacks.SwapEMAWeights())'],
  LearningRateScheduler: ['called(new tf.callbacks.LearningRateScheduler((epoch, rate) => rate))'],
  ReduceLROnPlateau: ["called(new tf.callbacks.ReduceLROnPlateau({ monitor: 'loss', patience: 0 }))"],
  TerminateOnNaN: ['called(new tf.callbacks.TerminateOnNaN())'],
  Dense: ['tf.layers.dense({ units: 2 })', 'tf.layers.dense({ units: 2, inputShape: [3] })', 'model().layers[0]'],
};

type Class = (abstract new (...args: never) => unknown) & { readonly name: string };

function isClass(value: unknown): value is Class {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Prototypes of an instance, nearest first, without Object's own and those of errors. */
function prototypesOf(Class: Class): object[] {
  const found: object[] = [];
  let prototype = (Class as unknown as { prototype: object }).prototype;
  while (prototype !== Object.prototype && prototype !== Error.prototype) {
    found.push(prototype);
    prototype = Object.getPrototypeOf(prototype) as object;
  }
  return found;
}

function rowsOf(name: string): readonly Call[] | undefined {
  return Object.hasOwn(examples, name) ? examples[name] : undefined;
}

/** Right arguments of a method: its own row, that of a class it inherits from, or its function's without the tensor. */
function methodRows(names: readonly string[], member: string): readonly Call[] {
  for (const name of names) {
    const rows = rowsOf(`${name}#${member}`);
    if (rows !== undefined) return rows;
  }
  const ofFunction = names.includes('Tensor') ? rowsOf(member) : undefined;
  return ofFunction?.map((call) => call.slice(1)) ?? guesses;
}

function members(path: string, Class: Class, subjects: Subject[]): void {
  const prototypes = prototypesOf(Class);
  const names = prototypes.map((prototype) => (prototype.constructor as Class).name);
  const construct = (rowsOf(`new ${path}`) ?? [[]]).map((call) => `new tf.${path}(${call.map(source).join(', ')})`);
  const heads = (receivers[Class.name] ?? construct).filter((head) => canBeMade(head));
  const seen = new Set<PropertyKey>(['constructor']);
  for (const prototype of prototypes) {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (
        seen.has(key) ||
        names.some((name) => left.has(`${name}#${key}`)) ||
        (names.includes('Callback') && /^on[A-Z]/.test(key))
      )
        continue;
      seen.add(key);
      const right = methodRows(names, property.set === undefined ? key : `${key}=`);
      for (const head of heads) {
        const add = (kind: Subject['kind']): void => {
          subjects.push({ name: `${path}#${key}`, head: `${head}.${key}`, kind, right });
        };
        if (typeof property.value === 'function') add('call');
        if (property.get !== undefined) add('get');
        if (property.set !== undefined) add('set');
      }
    }
  }
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(Class))) {
    if (typeof property.value !== 'function') continue;
    const name = `${path}.${key}`;
    subjects.push({ name, head: `tf.${name}`, kind: 'call', right: rowsOf(name) ?? guesses });
  }
}

function canBeMade(head: string): boolean {
  try {
    evaluate(head);
    return true;
  } catch {
    return false;
  }
}

/** An example as the source it stands for. */
export function source(example: Call[number]): string {
  if (typeof example === 'string') return example.startsWith('{') ? example : `${example}`;
  if (Array.isArray(example)) return `[${example.map(source).join(', ')}]`;
  const entries = Object.entries(example as Readonly<Record<string, Call[number]>>);
  return `{ ${entries.map(([name, value]) => `${name}: ${source(value)}`).join(', ')} }`;
}

/** Everything there is to call, by the name of its function or class. */
export function subjectsOf(exported: object = tf): ReadonlyMap<string, readonly Subject[]> {
  const groups = new Map<string, Subject[]>();
  const seen = new Set<unknown>();
  const visit = (path: string, value: unknown): void => {
    if (seen.has(value) || left.has(path)) return;
    if (typeof value === 'function') {
      seen.add(value);
      const subjects: Subject[] = [];
      if (isClass(value) && value.prototype instanceof Error) return;
      if (isClass(value)) {
        const name = `new ${path}`;
        subjects.push({ name, head: `new tf.${path}`, kind: 'call', right: rowsOf(name) ?? [[], ...guesses] });
        members(path, value, subjects);
      } else {
        // The same function may be exported under several names; a row names the shortest.
        const right =
          rowsOf(path) ?? rowsOf(path.replace(/^optimizers\./, '')) ?? rowsOf(path.replace(/^.*\./, '')) ?? guesses;
        subjects.push({ name: path, head: `tf.${path}`, kind: 'call', right });
      }
      groups.set(path, subjects);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    seen.add(value);
    for (const [key, entry] of Object.entries(value)) visit(path === '' ? key : `${path}.${key}`, entry);
  };
  visit('', exported);
  return groups;
}
