import { ConfigError } from '../errors.ts';
import { cast } from '../ops/elementwise.ts';
import { randomNormal } from '../ops/random.ts';
import { checkOptionNames } from '../option-names.ts';
import { tensor } from '../tensor/create.ts';
import type { DType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/infer.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Config, Initializer, numberOption, seedOption } from './initializer.ts';

/** Options of {@link Orthogonal}. */
export interface OrthogonalOptions {
  /** Factor (default 1). */
  gain?: number;
  /** With a seed every call gives the same values; without, `setSeed` rules. */
  seed?: number;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

/**
 * Makes vectors orthonormal in place (Gram-Schmidt): with every length positive, they are the `q * sign(diag(r))` of a QR
 * factorization.
 */
export function orthonormalize(vectors: readonly Float64Array[]): void {
  for (const [i, vector] of vectors.entries()) {
    // The second pass takes out what rounding left of the first.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors.slice(0, i)) {
        const along = dot(vector, other);
        for (let k = 0; k < vector.length; k++) vector[k] = (vector[k] as number) - along * (other[k] as number);
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let k = 0; k < vector.length; k++) vector[k] = (vector[k] as number) / length;
  }
}

/**
 * A kernel `[..., out]` whose matrix (leading axes flattened) has orthonormal rows or columns, whichever are fewer: that of
 * a random normal matrix. Saxe et al. 2014.
 * @example
 * const w = new initializers.Orthogonal().call([2, 2]);
 * w.matMul(w.transpose()) // [[1, 0], [0, 1]]
 */
export class Orthogonal extends Initializer {
  static readonly className: string = 'Orthogonal';
  readonly gain: number;
  readonly seed: number | undefined;

  constructor(options: OrthogonalOptions = {}) {
    super();
    if (new.target === Orthogonal) checkOptionNames('Orthogonal', options, ['gain', 'seed'], '{ gain: 1 }');
    this.gain = numberOption('Orthogonal', 'gain', options.gain, 1);
    this.seed = seedOption('Orthogonal', options.seed);
  }

  /** @throws ConfigError for ranks under 2. */
  call(shape: readonly number[], dtype: DType = 'float32'): Tensor {
    checkShape(shape, `${this.getClassName()}: shape`);
    if (shape.length < 2)
      throw new ConfigError(`The Orthogonal initializer needs at least two axes, got shape [${shape.join(', ')}]`);
    const columns = shape.at(-1) ?? 0;
    const rows = shape.slice(0, -1).reduce((size, dim) => size * dim, 1);
    const long = Math.max(rows, columns);
    const short = Math.min(rows, columns);
    const normal = randomNormal([short, long], 0, 1, 'float32', this.seed).handle.dataSync();
    const vectors = Array.from({ length: short }, (_, i) =>
      Float64Array.from(normal.subarray(i * long, (i + 1) * long)),
    );
    orthonormalize(vectors);
    const values = new Float64Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const entry = rows < columns ? vectors[r]?.[c] : vectors[c]?.[r];
        values[r * columns + c] = this.gain * (entry ?? 0);
      }
    }
    return cast(tensor(values, shape), dtype);
  }

  override getConfig(): Config {
    return { gain: this.gain, seed: this.seed ?? null };
  }
}
