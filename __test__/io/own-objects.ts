// What tests have of their own classes and functions: those that tools/fixtures/config_models.py registers in Python.
import { layers, type Tensor, type Variable } from '../../ts/index.ts';
import { innerLayer, serializedLayer } from '../../ts/layers/inner-layers.ts';
import type { LayerClasses } from '../../ts/layers/registry.ts';

interface ScaleConfig extends layers.LayerConfig {
  startValue?: number;
  inner?: layers.Layer | null;
}

/** A layer with a weight, an option, and maybe a layer inside. */
export class Scale extends layers.Layer {
  static override readonly className: string = 'Scale';
  readonly startValue: number;
  readonly inner: layers.Layer | null;
  factor!: Variable;

  constructor({ startValue, inner, ...config }: ScaleConfig = {}) {
    super(config);
    this.startValue = startValue ?? 1;
    this.inner = inner ?? null;
  }

  override build(shape: layers.Shape): void {
    this.factor = this.addWeight({ name: 'factor', shape: [shape.at(-1) as number], initializer: 'ones' });
    this.inner?.build(shape);
  }

  override call(x: Tensor): Tensor {
    const y = x.mul(this.factor).mul(this.startValue);
    return this.inner === null ? y : this.inner.apply(y);
  }

  override getConfig(): Record<string, unknown> {
    const inner = this.inner && serializedLayer(this.inner);
    return { ...super.getConfig(), startValue: this.startValue, inner };
  }

  static override fromConfig(config: Record<string, unknown>, custom: LayerClasses = {}): Scale {
    const { inner, ...rest } = config;
    return new Scale({ ...rest, inner: inner ? (innerLayer(inner, custom) as layers.Layer) : null });
  }
}

export function doubled(x: Tensor): Tensor {
  return x.mul(2);
}

export function gap(yTrue: Tensor, yPred: Tensor): Tensor {
  return yTrue.sub(yPred).abs().mean(-1);
}

/** All of them, as `customObjects`. */
export const ownObjects: {
  readonly Scale: typeof Scale;
  readonly doubled: typeof doubled;
  readonly gap: typeof gap;
} = { Scale, doubled, gap };
