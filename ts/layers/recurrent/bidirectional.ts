import { checkConfig, received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import { concat } from '../../ops/index.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { passedOn } from '../call-stack.ts';
import type { ApplyOptions } from '../calls.ts';
import { innerLayer, serializedLayer, twinOf } from '../inner-layers.ts';
import { Layer, type LayerConfig } from '../layer.ts';
import { flattenNest, type Nest } from '../nest.ts';
import { needed, oneOf } from '../options.ts';
import type { LayerClasses } from '../registry.ts';
import type { Shape } from '../shape.ts';
import { impliedMask, type RecurrentCallOptions, RNN } from './rnn.ts';

/** How the outputs of both directions become one. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';

const mergeModes: readonly MergeMode[] = ['concat', 'sum', 'mul', 'ave'];

/** Options of {@link Bidirectional}. */
export interface BidirectionalConfig extends LayerConfig {
  /** The recurrent layer; one like it with weights of its own reads forward. */
  layer: RNN<Tree>;
  /** How the outputs become one (default `'concat'`, along the last axis); `null` gives both. */
  mergeMode?: MergeMode | null;
  /** What reads backward: a layer with `goBackwards: true`. Default: one like `layer`. */
  backwardLayer?: RNN<Tree> | null;
}

/**
 * A recurrent layer in both directions of time (Schuster and Paliwal, 1997): `merge(forward(x), backward(x))`, with the outputs
 * of a whole sequence in the order of time for both.
 *
 * Shapes: input `[batch, steps, ...]`; output as the layer's, with twice its last axis for `'concat'`. With `returnState` the states
 * of both follow, the forward ones first; `initialState` takes them in that order (and leaves the input's mask out, see {@link RNN}).
 * A step that a mask leaves out gives 0 in a sequence of outputs. Weights: those of the forward layer, then those of the backward one.
 *
 * @example
 * layers.bidirectional({ layer: layers.lstm({ units: 16, returnSequences: true }), mergeMode: 'concat', inputShape: [null, 8] })
 */
export class Bidirectional<Out extends Tree = Tensor> extends Layer<Out> {
  static override readonly className: string = 'Bidirectional';
  static override readonly optionNames: readonly string[] = ['layer', 'mergeMode', 'backwardLayer'];
  static override readonly callOptionNames: readonly string[] = ['initialState'];
  readonly forwardLayer: RNN<Tree>;
  readonly backwardLayer: RNN<Tree>;
  readonly mergeMode: MergeMode | null;

  /** @throws ConfigError for options outside their allowed values, and for two layers that do not go together. */
  constructor(config: BidirectionalConfig) {
    super(needed('Bidirectional', config));
    const { layer, backwardLayer, mergeMode } = config;
    checkRecurrent(this.label, 'layer', layer);
    if (backwardLayer !== undefined && backwardLayer !== null)
      checkRecurrent(this.label, 'backwardLayer', backwardLayer);
    this.mergeMode = mergeMode === null ? null : oneOf(this.label, 'mergeMode', mergeMode ?? 'concat', mergeModes);
    this.forwardLayer = twinOf(layer, { name: prefixed('forward_', layer.name) });
    this.backwardLayer =
      backwardLayer ?? twinOf(layer, { name: prefixed('backward_', layer.name), goBackwards: !layer.goBackwards });
    checkPair(this.label, this.forwardLayer, this.backwardLayer);
    for (const direction of [this.forwardLayer, this.backwardLayer]) {
      direction.zeroOutputForMask = direction.returnSequences;
      if (!this.trainable) direction.trainable = false;
    }
    this.supportsMasking = true;
  }

  /** Whether the outputs of all steps are given. */
  get returnSequences(): boolean {
    return this.forwardLayer.returnSequences;
  }

  /** Whether the states are given behind the output. */
  get returnState(): boolean {
    return this.forwardLayer.returnState;
  }

  /** Whether a call begins with the states at which the one before ended. */
  get stateful(): boolean {
    return this.forwardLayer.stateful;
  }

  override build(inputShape: Shape): void {
    this.forwardLayer.build(inputShape);
    this.backwardLayer.build(inputShape);
  }

  override checkInput(shape: Shape): void {
    this.forwardLayer.checkInput(shape);
    this.backwardLayer.checkInput(shape);
  }

  protected override maskForCall(mask: Nest<Tensor | undefined>, options: ApplyOptions): Nest<Tensor | undefined> {
    return impliedMask(mask, options);
  }

  /** @throws ShapeError for states that do not fit. */
  override call(inputs: Tensor, { training, mask, initialState }: RecurrentCallOptions): Out {
    const [first, second] = this.#halves(initialState);
    const forward = this.forwardLayer.apply(inputs, { ...passedOn(training), mask, initialState: first });
    const backward = this.backwardLayer.apply(inputs, { ...passedOn(training), mask, initialState: second });
    const [y, ...forwardStates] = (this.returnState ? forward : [forward]) as [Tensor, ...Tree[]];
    const [reversed, ...backwardStates] = (this.returnState ? backward : [backward]) as [Tensor, ...Tree[]];
    const merged = this.#merge(y, this.returnSequences ? reversed.reverse(1) : reversed);
    const states = [...forwardStates, ...backwardStates];
    if (states.length === 0) return (merged.length === 1 ? merged[0] : merged) as Out;
    return [...merged, ...states] as unknown as Out;
  }

  #merge(y: Tensor, reversed: Tensor): Tensor[] {
    switch (this.mergeMode) {
      case 'concat':
        return [concat([y, reversed], y.rank - 1)];
      case 'sum':
        return [y.add(reversed)];
      case 'mul':
        return [y.mul(reversed)];
      case 'ave':
        return [y.add(reversed).mul(0.5)];
      default:
        return [y, reversed];
    }
  }

  #halves(states: Nest<Tensor> | null | undefined): [Nest<Tensor> | undefined, Nest<Tensor> | undefined] {
    if (states === undefined || states === null) return [undefined, undefined];
    if (!Array.isArray(states) || states.length < 2 || states.length % 2 !== 0) {
      throw new ConfigError(
        `${this.label}: initialState must list the states of both directions, the forward ones first, got ${received(states)}`,
      );
    }
    return [states.slice(0, states.length / 2), states.slice(states.length / 2)];
  }

  /** Sets the states of a stateful layer to zeros. @throws ConfigError for a layer that is not stateful. */
  resetStates(): void {
    this.forwardLayer.resetStates();
    this.backwardLayer.resetStates();
  }

  override computeMask(_inputs: Tree, mask: Nest<Tensor | undefined>): Nest<Tensor | undefined> {
    const own = this.returnSequences ? flattenNest<Tensor | undefined>(mask)[0] : undefined;
    if (own === undefined) return undefined;
    const masks: (Tensor | undefined)[] = this.mergeMode === null ? [own, own] : [own];
    if (this.returnState) {
      const count = this.forwardLayer.stateCount + this.backwardLayer.stateCount;
      masks.push(...Array.from({ length: count }, () => undefined));
    }
    return masks;
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      mergeMode: this.mergeMode,
      layer: serializedLayer(this.forwardLayer),
      backwardLayer: serializedLayer(this.backwardLayer),
    };
  }

  /**
   * A layer of a configuration, with new weights.
   *
   * @param custom Classes of your own by their `className`.
   * @throws ConfigError for an unknown class.
   */
  static override fromConfig(config: Record<string, unknown>, custom: LayerClasses = {}): Bidirectional<Tree> {
    checkConfig('Bidirectional.fromConfig', config);
    const { backwardLayer } = config;
    return new Bidirectional<Tree>({
      ...config,
      layer: innerLayer(config.layer, custom) as RNN<Tree>,
      backwardLayer:
        backwardLayer === undefined || backwardLayer === null ? null : (innerLayer(backwardLayer, custom) as RNN<Tree>),
    });
  }
}

function checkRecurrent(label: string, name: string, layer: unknown): void {
  if (layer instanceof RNN) return;
  throw new ConfigError(
    `${label}: ${name} must be a recurrent layer such as layers.lstm({ units: 8 }), got ${received(layer)}`,
  );
}

function checkPair(label: string, forward: RNN<Tree>, backward: RNN<Tree>): void {
  if (forward.goBackwards === backward.goBackwards) {
    throw new ConfigError(
      `${label}: one of layer and backwardLayer needs goBackwards: true, but both have ${forward.goBackwards}`,
    );
  }
  for (const name of ['stateful', 'returnSequences', 'returnState'] as const) {
    if (forward[name] === backward[name]) continue;
    throw new ConfigError(
      `${label}: layer and backwardLayer need the same ${name}, but have ${forward[name]} and ${backward[name]}`,
    );
  }
}

function prefixed(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : `${prefix}${name}`;
}
