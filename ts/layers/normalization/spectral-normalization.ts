import { checkConfig, received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { TruncatedNormal } from '../../initializers/index.ts';
import { where } from '../../ops/index.ts';
import { customGrad, type Tensor, Variable } from '../../tensor/index.ts';
import { passedOn } from '../call-stack.ts';
import { type AnyLayer, type CallOptions, Layer, type LayerConfig } from '../layer.ts';
import type { Nest } from '../nest.ts';
import { needed, positiveInteger } from '../options.ts';
import { type LayerClasses, layerFromConfig } from '../registry.ts';
import type { Shape } from '../shape.ts';

/** Options of {@link SpectralNormalization}. */
export interface SpectralNormalizationConfig extends LayerConfig {
  /** A layer with a kernel or embeddings: `layers.dense({ units: 4 })`. */
  layer: AnyLayer;
  /** Steps of the power iteration that every training call makes. Default 1. */
  powerIterations?: number;
}

/** As Keras' `normalize` has it, a vector of zeros stays. */
function unit(x: Tensor): Tensor {
  return x.mul(x.square().sum().maximum(1e-24).rsqrt());
}

/**
 * Divides the kernel of a layer by its largest singular value before every training call, which bounds how fast the layer's
 * output can change (Miyato et al., 2018). In inference the layer runs with the kernel as training left it.
 *
 * With W the kernel as a matrix `[-1, last size]` and a row vector u that is kept from call to call: `v = u W^T / |u W^T|`,
 * `u = v W / |v W|`, `sigma = v W u^T`, `kernel = kernel / sigma`. The divided kernel is what the step then trains: the
 * gradient does not go through the division, as in Keras with TensorFlow and PyTorch (with JAX, `fit` forgets the division).
 *
 * Shapes: as those of the layer inside. Weights: the layer's kernel, vector_u `[1, last size]` (not trained), then the
 * others of the layer.
 *
 * @example
 * layers.spectralNormalization({ layer: layers.conv2d({ filters: 8, kernelSize: 3 }), inputShape: [28, 28, 1] })
 */
export class SpectralNormalization extends Layer {
  static override readonly className: string = 'SpectralNormalization';
  static override readonly optionNames: readonly string[] = ['layer', 'powerIterations'];
  /** The layer whose kernel is normalized. */
  readonly layer: AnyLayer;
  readonly powerIterations: number;
  #kernel: Variable | undefined;
  #vectorU: Variable | undefined;

  /** @throws ConfigError without a layer, or for other options outside their allowed values. */
  constructor(config: SpectralNormalizationConfig) {
    super(needed('SpectralNormalization', config));
    if (!((config.layer as unknown) instanceof Layer)) {
      throw new ConfigError(
        `${this.label}: layer must be a layer such as layers.dense({ units: 4 }), got ${received(config.layer)}`,
      );
    }
    this.layer = config.layer;
    this.powerIterations = positiveInteger(this.label, 'powerIterations', config.powerIterations ?? 1);
  }

  /** A layer from what `getConfig` gave, with classes of one's own for the layer inside. */
  static override fromConfig(config: Record<string, unknown>, customLayers?: LayerClasses): SpectralNormalization {
    checkConfig('SpectralNormalization.fromConfig', config);
    const layer = layerFromConfig(config.layer, customLayers);
    return new SpectralNormalization({ ...config, layer } as SpectralNormalizationConfig);
  }

  override checkInput(shape: Shape): void {
    this.layer.checkInput(shape);
  }

  override build(inputShape: Shape): void {
    this.layer.build(inputShape);
    const { kernel, embeddings } = this.layer as AnyLayer & { kernel?: unknown; embeddings?: unknown };
    const matrix = kernel ?? embeddings;
    if (!(matrix instanceof Variable) || matrix.rank === 0) {
      throw new ConfigError(`${this.label}: ${this.layer.label} has no kernel and no embeddings to normalize`);
    }
    this.#kernel = matrix;
    this.#vectorU = this.addWeight({
      name: 'vector_u',
      shape: [1, matrix.shape.at(-1) as number],
      initializer: new TruncatedNormal({ stddev: 0.02 }),
      trainable: false,
    });
  }

  /** As in Keras, to which the kernel is a weight of this layer: the kernel, vector_u, then the others of the layer inside. */
  override get weights(): Variable[] {
    const all = super.weights;
    const first = [this.#kernel, this.#vectorU].filter((variable) => variable !== undefined);
    return [...first, ...all.filter((variable) => !first.includes(variable))];
  }

  override computeMask(inputs: Tensor, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    return this.layer.computeMask(inputs, mask);
  }

  override call(inputs: Tensor, { training, mask }: CallOptions): Tensor {
    if (training) this.#normalize(this.#kernel as Variable, this.#vectorU as Variable);
    return this.layer.apply(inputs, { ...passedOn(training), mask }) as Tensor;
  }

  #normalize(kernel: Variable, vectorU: Variable): void {
    const value = kernel.read();
    const matrix = value.reshape([-1, kernel.shape.at(-1) as number]);
    const rows = matrix.transpose();
    let u: Tensor = vectorU.read();
    let v: Tensor = u;
    for (let i = 0; i < this.powerIterations; i++) {
      v = unit(u.matMul(rows));
      u = unit(v.matMul(matrix));
    }
    // A kernel of zeros has no direction: it stays, and u with it.
    const isZero = value.equal(0).all();
    const sigma = where(isZero, 1, v.matMul(matrix).matMul(u.transpose()).reshape([]));
    const divided = customGrad((x: Tensor) => ({ value: x.div(sigma), gradFunc: (dy) => dy }))(value);
    kernel.assign(divided);
    vectorU.assign(where(isZero, vectorU.read(), u));
  }

  override getConfig(): Record<string, unknown> {
    const { className } = this.layer;
    return {
      ...super.getConfig(),
      layer: { className, config: this.layer.getConfig() },
      powerIterations: this.powerIterations,
    };
  }
}
