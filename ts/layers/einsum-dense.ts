import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { einsum } from '../ops/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { type KernelConfig, KernelLayer, kernelOptionNames } from './kernel-layer.ts';
import { needed } from './options.ts';
import { type Shape, shown } from './shape.ts';

/** Options of {@link EinsumDense}. */
export interface EinsumDenseConfig extends KernelConfig {
  /** `input,kernel->output` with a letter an axis, `...` before or behind the letters of input and output for any others: `'abc,cd->abd'`. */
  equation: string;
  /** Sizes of the output behind the batch, without those that `...` stands for; `null` where the input says it. */
  outputShape: number | Shape;
  /** Letters of the output that the bias has values for. Default: no bias. */
  biasAxes?: string | null;
}

/** What the letters of an equation stand for. */
interface Equation {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  /** Where `...` stands. */
  readonly dots: 'before' | 'behind' | undefined;
}

/**
 * `activation(einsum(equation, x, kernel) + bias)`: a dense layer over any axes.
 *
 * Shapes: input and kernel have an axis a letter of the equation; the bias the axes of the output from the first of `biasAxes` on, of
 * size 1 where no letter of it stands.
 *
 * @example
 * // Four heads of eight numbers from each step of a sequence: [batch, time, features] to [batch, time, 4, 8].
 * layers.einsumDense({ equation: 'abc,cde->abde', outputShape: [null, 4, 8], biasAxes: 'de' })
 */
export class EinsumDense extends KernelLayer {
  static override readonly className: string = 'EinsumDense';
  static override readonly optionNames: readonly string[] = [
    'equation',
    'outputShape',
    'biasAxes',
    ...kernelOptionNames,
  ];
  readonly equation: string;
  readonly outputShape: number | Shape;
  readonly biasAxes: string | null;
  readonly #parts: Equation;

  /** @throws ConfigError for an equation of another form, an output shape that does not go with it, letters of a bias that the output has not. */
  constructor(config: EinsumDenseConfig) {
    const { biasAxes = null } = needed('EinsumDense', config);
    super({ ...config, useBias: biasAxes !== null });
    this.equation = config.equation;
    this.#parts = partsOf(this.label, config.equation);
    const { outputShape } = config;
    const isSize = (size: unknown): boolean => size === null || (Number.isSafeInteger(size) && (size as number) > 0);
    const isList = Array.isArray(outputShape) && outputShape.length <= 16;
    if (!(isList ? outputShape.every(isSize) : outputShape !== null && isSize(outputShape)))
      throw new ConfigError(
        `${this.label}: outputShape must be a whole number above 0, or a list such as [null, 64], got ${received(outputShape)}`,
      );
    this.outputShape = isList ? [...outputShape] : outputShape;
    const { output, dots } = this.#parts;
    const wanted = dots === 'before' ? output.length : output.length - 1;
    if (this.#sizes.length !== wanted)
      throw new ConfigError(
        `${this.label}: outputShape must have ${wanted} sizes for ${received(this.equation)}, got ${received(outputShape)}`,
      );
    if (
      biasAxes !== null &&
      !(typeof biasAxes === 'string' && biasAxes !== '' && [...biasAxes].every((l) => output.includes(l)))
    )
      throw new ConfigError(
        `${this.label}: biasAxes must be letters of the output ${received(output)}, got ${received(biasAxes)}`,
      );
    this.biasAxes = biasAxes;
  }

  get #sizes(): Shape {
    return typeof this.outputShape === 'number' ? [this.outputShape] : this.outputShape;
  }

  /** Axis of a letter in an input of this rank. */
  #inputAxis(letter: string, rank: number): number {
    const { input, dots } = this.#parts;
    return input.indexOf(letter) + (dots === 'before' ? rank - input.length : 0);
  }

  override build(inputShape: Shape): void {
    const { input, kernel, output, dots } = this.#parts;
    const rank = inputShape.length;
    const sizeOf = (letter: string): number => {
      const place = output.indexOf(letter) - (dots === 'before' ? 0 : 1);
      const given = place < 0 ? null : (this.#sizes[place] ?? null);
      const found = input.includes(letter) ? (inputShape[this.#inputAxis(letter, rank)] ?? null) : null;
      if (given !== null && found !== null && given !== found)
        throw new ShapeError(
          `${this.label}: axis ${received(letter)} of ${received(this.equation)} has size ${found} in the input ${shown(inputShape)}, but ${given} in outputShape`,
        );
      const size = given ?? found;
      if (size !== null) return size;
      throw new ShapeError(
        `${this.label} needs to know the size of axis ${received(letter)} of ${received(this.equation)}, but the input shape is ${shown(inputShape)}`,
      );
    };
    const axes = this.biasAxes ?? '';
    const first = Math.min(...[...axes].map((letter) => output.indexOf(letter)));
    const bias =
      axes === '' ? [] : [...output.slice(first)].map((letter) => (axes.includes(letter) ? sizeOf(letter) : 1));
    if (dots === 'behind') for (let i = input.length; i < rank; i++) bias.push(1);
    this.addKernel(
      [...kernel].map((letter) => sizeOf(letter)),
      bias,
    );
  }

  override checkInput(shape: Shape): void {
    const { input, kernel, dots } = this.#parts;
    const fits =
      dots === undefined ? shape.length === input.length : shape.length >= input.length + (dots === 'before' ? 1 : 0);
    if (!fits)
      throw new ShapeError(
        `${this.label} expects inputs of rank ${input.length}${dots === undefined ? '' : ' or more'} for ${received(this.equation)}, but got rank ${shape.length} (input shape ${shown(shape)})`,
      );
    const sizes = this.kernel?.shape;
    if (sizes === undefined) return;
    [...kernel].forEach((letter, i) => {
      const got = input.includes(letter) ? shape[this.#inputAxis(letter, shape.length)] : null;
      if (typeof got === 'number' && got !== sizes[i])
        throw new ShapeError(
          `${this.label} expects size ${sizes[i]} for axis ${received(letter)} of ${received(this.equation)}, but got ${got} (input shape ${shown(shape)})`,
        );
    });
  }

  override call(inputs: Tensor): Tensor {
    return this.activate(this.addBias(einsum(this.equation, inputs, this.kernel)));
  }

  override getConfig(): Record<string, unknown> {
    const { useBias: _, ...config } = super.getConfig();
    const { equation, outputShape, biasAxes } = this;
    return {
      ...config,
      equation,
      outputShape: typeof outputShape === 'number' ? outputShape : [...outputShape],
      biasAxes,
    };
  }
}

/** @throws ConfigError for an equation of another form. */
function partsOf(label: string, equation: unknown): Equation {
  const form = /^(\.{3})?([a-z]+)(\.{3})?,([a-z]+)->(\.{3})?([a-z]+)(\.{3})?$/i;
  const found = typeof equation === 'string' && equation.length <= 100 ? form.exec(equation) : null;
  if (found !== null) {
    const [, before, input = '', behind, kernel = '', outBefore, output = '', outBehind] = found;
    const isRegular = before === outBefore && behind === outBehind && !(before && behind);
    const known = [...output].every((letter) => input.includes(letter) || kernel.includes(letter));
    const bound = [...kernel].every((letter) => input.includes(letter) || output.includes(letter));
    if (isRegular && known && bound)
      return { input, kernel, output, dots: before ? 'before' : behind ? 'behind' : undefined };
  }
  throw new ConfigError(
    `${label}: equation must be of the form 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...', its letters in two of three places at least, got ${received(equation)}`,
  );
}
