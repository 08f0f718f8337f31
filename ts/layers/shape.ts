import { received } from '../arguments.ts';
import { ConfigError, ShapeError, StateError } from '../errors.ts';
import { native } from '../native.ts';
import type { DType } from '../tensor/index.ts';
import { Tensor } from '../tensor/index.ts';

/** A shape whose unknown sizes (the batch, a variable length) are `null`: `[null, 28, 28, 1]`. */
export type Shape = readonly (number | null)[];

/** Shape and element type of what a layer receives or gives. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * Sizes that stand for an unknown one while shapes are found. Two primes that nobody writes as a number of units, large
 * enough for any kernel to fit: an output size that differs between both is unknown, too.
 */
const standIns = [83, 89] as const;

/** A shape for error texts: `[null, 28, 28, 1]`. */
export function shown(shape: Shape): string {
  return Array.isArray(shape) && shape.length <= 16
    ? `[${shape.map((size) => received(size)).join(', ')}]`
    : received(shape);
}

/**
 * What `call` gives for inputs of `spec`, found by tracing it with two sizes.
 *
 * @throws ConfigError when the rank of the output depends on an unknown size.
 */
export function traceSpec(name: string, spec: TensorSpec, call: (inputs: Tensor) => Tensor): TensorSpec {
  const [first, second] = standIns.map((size) => {
    return retryingBuilds(() => traceOnce(name, spec, size, call));
  }) as [TensorSpec, TensorSpec];
  if (first.shape.length !== second.shape.length) {
    throw new ConfigError(
      `${name}: the rank of the output depends on an unknown size of the input ${shown(spec.shape)} ` +
        `(${first.shape.length} for ${standIns[0]}, ${second.shape.length} for ${standIns[1]})`,
    );
  }
  const shape = first.shape.map((size, axis) => (size === second.shape[axis] ? size : null));
  return { shape, dtype: first.dtype };
}

function traceOnce(name: string, spec: TensorSpec, size: number, call: (inputs: Tensor) => Tensor): TensorSpec {
  native.traceBegin(name);
  try {
    const shape = spec.shape.map((dim) => dim ?? size);
    const output = call(new Tensor(native.placeholder(shape, spec.dtype)));
    if (!(output instanceof Tensor)) {
      throw new ConfigError(
        `${name}: call must return a Tensor, got ${output === undefined ? 'nothing' : typeof output}`,
      );
    }
    return { shape: [...output.shape], dtype: output.dtype };
  } finally {
    native.traceAbort();
  }
}

/**
 * Thrown when a layer that has no weights yet is called inside a trace: variables are made outside of traces only.
 * Whoever began the trace ends it, builds the layer and traces again.
 */
export class BuildRequest extends StateError {
  readonly build: () => void;

  constructor(layer: string, build: () => void) {
    super(
      `${layer} has no weights yet and cannot make them inside a trace. Call it once outside of jit (or call its build(inputShape)) first`,
    );
    this.build = build;
  }
}

/** Runs `trace`, again after each layer that it found unbuilt has been built. */
export function retryingBuilds<T>(trace: () => T): T {
  for (;;) {
    try {
      return trace();
    } catch (error) {
      // Inside another trace the request goes on to whoever began that one.
      if (!(error instanceof BuildRequest) || native.isTracing()) throw error;
      error.build();
    }
  }
}

/** A shape with the batch, checked. @throws ShapeError unless it is a list of whole numbers from 0 on and nulls. */
export function checkInputShape(shape: Shape, what: string): Shape {
  const valid = Array.isArray(shape) && shape.length <= 16;
  if (valid && shape.every((size) => size === null || (Number.isSafeInteger(size) && size >= 0)))
    return Array.from(shape);
  throw new ShapeError(`${what} needs a shape with the batch, such as [null, 28, 28, 1], got ${received(shape)}`);
}

/** A shape option, checked. @throws ShapeError unless it is a list of whole numbers above 0 and nulls. */
export function checkShapeOption(shape: Shape, what: string): Shape {
  if (!Array.isArray(shape))
    throw new ShapeError(`${what} must be an array such as [28, 28, 1], got ${received(shape)}`);
  if (shape.length > 16) throw new ShapeError(`${what} has ${shape.length} sizes; tensors have at most 8 axes`);
  for (const size of Array.from(shape)) {
    if (size !== null && !(Number.isSafeInteger(size) && size > 0)) {
      throw new ShapeError(`${what} must hold whole numbers above 0 (null for an unknown size), got ${shown(shape)}`);
    }
  }
  return [...shape];
}
