import { received } from '../arguments.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { native } from '../native.ts';
import { retryingBuilds } from '../tensor/building.ts';
import type { DType } from '../tensor/index.ts';
import { Tensor } from '../tensor/index.ts';
import { flattenNest, mapNest, type Nest, nestDifference } from './nest.ts';

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

/** Whether `x` is the shape and element type of a tensor. */
export function isSpec(x: unknown): x is TensorSpec {
  return typeof x === 'object' && x !== null && 'dtype' in x && 'shape' in x && isShape(x.shape);
}

/** Whether `x` is a shape, not a list of some. */
export function isShape(x: unknown): x is Shape {
  return Array.isArray(x) && x.length <= 16 && x.every((size) => size === null || typeof size === 'number');
}

/**
 * What `call` gives for inputs of `specs`, found by tracing it with two sizes.
 *
 * @throws ConfigError when the rank of an output, or their number, depends on an unknown size.
 */
export function traceSpecs(
  name: string,
  specs: readonly TensorSpec[],
  call: (inputs: Tensor[]) => unknown,
): Nest<TensorSpec> {
  const [first, second] = standIns.map((size) => retryingBuilds(() => traceOnce(name, specs, size, call))) as [
    Nest<TensorSpec>,
    Nest<TensorSpec>,
  ];
  const inputs = specs.map(({ shape }) => shown(shape)).join(', ');
  const difference = nestDifference(first, second, isSpec);
  if (difference !== undefined) {
    throw new ConfigError(`${name}: the outputs depend on an unknown size of the input ${inputs}: ${difference}`);
  }
  const others = flattenNest<TensorSpec>(second, isSpec);
  return mapNest<TensorSpec, TensorSpec>(
    first,
    (spec, i) => {
      const other = others[i] as TensorSpec;
      if (spec.shape.length !== other.shape.length) {
        throw new ConfigError(
          `${name}: the rank of the output depends on an unknown size of the input ${inputs} ` +
            `(${spec.shape.length} for ${standIns[0]}, ${other.shape.length} for ${standIns[1]})`,
        );
      }
      return { shape: spec.shape.map((size, axis) => (size === other.shape[axis] ? size : null)), dtype: spec.dtype };
    },
    isSpec,
  );
}

let shapeTraces = 0;

/** Whether shapes are being found: unknown sizes, the number of samples among them, are made up. @internal */
export function isFindingShapes(): boolean {
  return shapeTraces > 0;
}

function traceOnce(
  name: string,
  specs: readonly TensorSpec[],
  size: number,
  call: (inputs: Tensor[]) => unknown,
): Nest<TensorSpec> {
  native.traceBegin(name);
  shapeTraces += 1;
  try {
    const inputs = specs.map(
      (spec) =>
        new Tensor(
          native.placeholder(
            spec.shape.map((dim) => dim ?? size),
            spec.dtype,
          ),
        ),
    );
    return mapNest(call(inputs) as Nest<unknown>, (output) => {
      if (output instanceof Tensor) return { shape: [...output.shape], dtype: output.dtype };
      throw new ConfigError(
        `${name}: call must return a Tensor, got ${output === undefined ? 'nothing' : typeof output} (lists and records of tensors are fine, too)`,
      );
    });
  } finally {
    shapeTraces -= 1;
    native.traceAbort();
  }
}

/** Shapes with the batch, one or a list or record of them, checked. @throws ShapeError unless they hold whole numbers from 0 on and nulls. */
export function checkInputShapes(shapes: Nest<Shape>, what: string): Nest<Shape> {
  return mapNest<Shape, Shape>(shapes, (shape) => checkInputShape(shape, what), isShapeLike);
}

/** A list that is no list of shapes: what is wrong with it, the check of one shape says. */
function isShapeLike(x: unknown): boolean {
  // Of a length that nobody means it is not looked through.
  return Array.isArray(x) && !(x.length > 0 && x.length <= 1000 && Array.from(x).every(Array.isArray));
}

function checkInputShape(shape: Shape, what: string): Shape {
  const valid = Array.isArray(shape) && shape.length <= 16;
  const sizes = valid ? Array.from(shape) : [];
  if (valid && sizes.every((size) => size === null || (Number.isSafeInteger(size) && size >= 0))) return sizes;
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
