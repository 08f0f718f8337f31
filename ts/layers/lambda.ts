import { checkConfig, checkFunction, checkText, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import type { Tensor } from '../tensor/index.ts';
import type { Tree } from '../tensor/tree.ts';
import { type CallOptions, Layer, type LayerConfig } from './layer.ts';
import type { Nest } from './nest.ts';
import { needed } from './options.ts';

/** What a {@link Lambda} layer computes: of its inputs, and of `training`, `mask` and the layer's `arguments`. */
export type LambdaFunction<Out extends Tree = Tensor> = (
  // Whoever writes the function knows what it will be given.
  inputs: never,
  options: CallOptions & Readonly<Record<string, unknown>>,
) => Out;

/** Options of {@link Lambda}. */
export interface LambdaConfig<Out extends Tree = Tensor> extends LayerConfig {
  /** A function of tensors, or the name of one that `registerFunction` was told. */
  func: LambdaFunction<Out> | string;
  /** Handed to the function beside `training` and `mask`. Default: none. */
  arguments?: Readonly<Record<string, unknown>>;
  /** The mask of the output, from the inputs and theirs. Default: none. */
  mask?: ((inputs: never, mask: Nest<Tensor | undefined>) => Nest<Tensor | undefined>) | null;
}

const registered = new Map<string, LambdaFunction<Tree>>();

/**
 * Gives a function a name, by which configurations of {@link Lambda} layers mention it: whoever reads one registers the same function
 * before.
 *
 * @throws ConfigError for an empty name, for what is no function, and for a name that another function has.
 * @example
 * layers.registerFunction('square', (x: Tensor) => x.square());
 * const layer = layers.lambda({ func: 'square' });
 */
export function registerFunction(name: string, func: LambdaFunction<Tree>): void {
  if (checkText('registerFunction', 'name', name) === '') throw new ConfigError('registerFunction: the name is empty');
  checkFunction('registerFunction', 'func', func);
  if ((registered.get(name) ?? func) !== func)
    throw new ConfigError(`registerFunction: another function is called ${received(name)} already`);
  registered.set(name, func);
}

/**
 * A function of tensors as a layer; the shape of what it gives is found by tracing it. It must have no weights: write a subclass of
 * `Layer` for those. A configuration needs the function to be registered.
 *
 * @example
 * const shifted = layers.lambda({ func: (x: Tensor) => x.sub(x.mean(-1, true)) }).apply(input({ shape: [8] }));
 */
export class Lambda<Out extends Tree = Tensor> extends Layer<Out> {
  static override readonly className: string = 'Lambda';
  static override readonly optionNames: readonly string[] = ['func', 'arguments', 'mask'];
  static override readonly takesSeveral: boolean = true;
  readonly func: LambdaFunction<Out>;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly #mask: LambdaConfig['mask'];

  /** @throws ConfigError unless `func` is a function or the name of a registered one. */
  constructor(config: LambdaConfig<Out>) {
    super(needed('Lambda', config));
    const { func } = config;
    const found = typeof func === 'string' ? registered.get(func) : func;
    if (found === undefined && typeof func === 'string')
      throw new ConfigError(`${this.label}: no function ${received(func)} is registered; call registerFunction first`);
    checkFunction(this.label, 'func', found);
    this.func = found as LambdaFunction<Out>;
    checkConfig(`${this.label}: arguments`, config.arguments ?? {});
    this.arguments = { ...config.arguments };
    if (config.mask) checkFunction(this.label, 'mask', config.mask);
    this.#mask = config.mask ?? null;
  }

  override call(inputs: Tree, options: CallOptions): Out {
    return this.func(inputs as never, { ...this.arguments, ...options });
  }

  override computeMask(inputs: Tree, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    return this.#mask ? this.#mask(inputs as never, mask) : undefined;
  }

  /** @throws ConfigError when the function is not registered, or there is a function for the mask. */
  override getConfig(): Record<string, unknown> {
    const name = [...registered].find(([, func]) => func === (this.func as unknown))?.[0];
    if (name === undefined || this.#mask)
      throw new ConfigError(
        `${this.label}: a JavaScript function cannot be written into a configuration. Call registerFunction(name, func) for it, or write a subclass of Layer${this.#mask ? '; a function for the mask needs the latter' : ''}`,
      );
    return { ...super.getConfig(), func: name, arguments: { ...this.arguments } };
  }
}
