import { native } from '../native.ts';
import { nextSeed, Tensor, tensor, Variable } from '../tensor/index.ts';
import { seedWords } from '../tensor/seed.ts';

/** Random numbers of one `call`. */
export interface Draws {
  /** Uniform in [0, 1). */
  uniform(shape: readonly number[]): Tensor;
  /** Standard normal. */
  normal(shape: readonly number[]): Tensor;
}

/**
 * The random stream of a layer: Philox4x32-10 with a key of its own and a counter that every training call advances, so
 * that threads, retraces and resumed runs draw the same numbers.
 *
 * The state is an int32 variable `[3]`: low and high half of the seed, and the counter.
 * @example
 * class Noise extends layers.Layer {
 *   readonly #random = new layers.SeedGenerator();
 *   override call(x: Tensor, { training }: layers.CallOptions) {
 *     return training ? x.add(this.#random.begin().normal(x.shape)) : x;
 *   }
 * }
 */
export class SeedGenerator {
  readonly state: Variable;

  /** @param seed Default: the next of the sequence that `setSeed` starts. @throws ConfigError unless it is a whole number. */
  constructor(seed?: number) {
    const [low, high] = seed === undefined ? nextSeed() : seedWords(seed);
    this.state = new Variable(tensor([low, high, 0], [3], 'int32'), false, 'seed_generator_state');
  }

  /** The draws of one call: numbered within the call; the counter advances once. */
  begin(): Draws {
    const state = this.state.read();
    const seed = state.slice([0], [2]).handle;
    const counter = state.slice([2], [1]).reshape([]).handle;
    this.state.assign(state.add(tensor([0, 0, 1], [3], 'int32')));
    let draw = 0;
    const next = (kind: 'uniform' | 'normal', shape: readonly number[]): Tensor =>
      new Tensor(native.random(kind, [...shape], seed, counter, draw++));
    return { uniform: (shape) => next('uniform', shape), normal: (shape) => next('normal', shape) };
  }
}
