import { received } from '../arguments.ts';
import { ConfigError, StateError } from '../errors.ts';
import { type NativeTensor, type NativeVariable, native } from '../native.ts';

/** 32 bits that differ from process to process. V8 seeds Math.random from the system; node:crypto takes 7 ms to load. */
function anyWord(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}

/** Key and counter of everything random that has no seed of its own. */
let key: [number, number] = [anyWord(), anyWord()];
let counter = 0;

/** The same inside traces, int32 [low, high, counter]: every run of a program counts on, so it draws new numbers. */
let traced: NativeVariable | undefined;

/** A well mixed 32-bit number: nearby seeds give unrelated ones (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

/** A seed as two int32 words. @throws ConfigError unless it is a whole number. */
export function seedWords(seed: number): [number, number] {
  if (!Number.isSafeInteger(seed)) throw new ConfigError(`seed must be a whole number, got ${received(seed)}`);
  return [seed | 0, Math.floor(seed / 2 ** 32) | 0];
}

function store(words: readonly number[]): NativeTensor {
  return native.fromData(Int32Array.from(words), [words.length], 'int32');
}

/**
 * Makes everything random that follows reproducible: initial weights, dropout, the order of samples, `randomNormal`, ...
 * @throws ConfigError unless the seed is a whole number.
 * @example setSeed(1)
 */
export function setSeed(seed: number): void {
  key = seedWords(seed);
  counter = 0;
  traced?.assign(store([...key, 0]));
}

/** Two fresh int32 words, a pure function of the seed and of how many were asked for before: a layer's own seed. */
export function nextSeed(): [number, number] {
  const n = counter++;
  return [mix(key[0] ^ mix(n + 0x632be5ab)), mix(key[1] ^ mix(n + 0x5851f42d))];
}

/** Where everything random that has no seed of its own stands. */
export interface RandomState {
  /** Two int32 words. */
  readonly key: readonly number[];
  readonly counter: number;
  /** Key and counter inside traces. */
  readonly traced: readonly number[];
}

/** Where the random numbers stand, to go on from there later. @internal */
export function randomState(): RandomState {
  const handle = traced?.read();
  const inTraces = handle === undefined ? [...key, 0] : Array.from(handle.dataSync());
  handle?.dispose();
  return { key: [...key], counter, traced: inTraces };
}

/** Goes on where `state` was taken. @internal */
export function restoreRandomState(state: RandomState): void {
  key = [state.key[0] as number, state.key[1] as number];
  counter = state.counter;
  prepareTracedSeed();
  traced?.assign(store(state.traced));
}

/** To be called before a trace begins: variables are made outside. */
export function prepareTracedSeed(): void {
  traced ??= new native.NativeVariable(store([...key, 0]), 'global_seed');
}

let bodies = 0;

/** Runs `f`, which records the body of control flow: a body runs any number of times, but is recorded once. */
export function insideBody<R>(f: () => R): R {
  bodies++;
  try {
    return f();
  } finally {
    bodies--;
  }
}

/**
 * Seed [2] and counter [] of the next unseeded draw.
 * @throws StateError inside the body of scan, cond or whileLoop, where every step would draw the same.
 */
export function nextDraw(): { seed: NativeTensor; counter: NativeTensor } {
  if (bodies > 0) {
    throw new StateError(
      'Random numbers without a seed cannot be drawn inside scan, cond or whileLoop: every step would draw the same. ' +
        'Draw them outside and pass them in, or use statelessRandom with a counter in the carry',
    );
  }
  if (!native.isTracing() || traced === undefined) {
    return { seed: store(key), counter: native.constant(counter++, 'int32') };
  }
  const state = traced.read();
  const seed = native.slice(state, [0], [2], [1]);
  const count = native.slice(state, [2], [3], [1]);
  traced.assign(native.concat([seed, native.binary('add', count, native.constant(1, 'int32'))], 0));
  return { seed, counter: native.reshape(count, []) };
}

/** Seed [2] and counter [] of a draw that is a function of `seed` alone. */
export function seededDraw(seed: number): { seed: NativeTensor; counter: NativeTensor } {
  return { seed: store(seedWords(seed)), counter: native.constant(0, 'int32') };
}
