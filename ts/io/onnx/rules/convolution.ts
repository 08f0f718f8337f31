// Convolutions and pooling: images have their channels last here and first in ONNX.
import type { Builder } from '../builder.ts';
import type { AttributeValue } from '../messages.ts';
import { NoForm } from '../no-form.ts';
import { combined, type Size, sameSize } from '../operations.ts';
import { reordered, type Value, type ValueType } from '../values.ts';
import { allFixed, fixed, type Rule } from './rule.ts';

const toFront = [0, 3, 1, 2];
const toEnd = [0, 2, 3, 1];
/** From height, width, in, out to out, in, height, width. */
const kernelOrder = [3, 2, 0, 1];

interface Window {
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly padH: readonly Size[];
  readonly padW: readonly Size[];
}

/** Where a window lies: sizes along height and width. */
interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before height, width; after height, width. Left out for `same`. */
  readonly pads: readonly number[] | undefined;
}

const dependsOnSizes = 'padding that depends on unknown sizes';

/** The geometry of a window over an image. */
function geometryOf(window: Window, kernel: readonly number[], image: readonly Size[]): Geometry {
  const given = [window.padH, window.padW];
  const geometry = { kernel, strides: window.strides, dilations: window.dilation };
  // Over a size that is not known, padding of a window that moves by more than one is that of `same`, or none: others cannot be told.
  const isOpen = image.some((size, axis) => typeof size !== 'number' && window.strides[axis] !== 1);
  const isSame = given.every((pair, axis) => keepsSize(window, kernel, image, axis, pair));
  if (isOpen && isSame && given.flat().some((amount) => amount !== 0)) return { ...geometry, pads: undefined };
  const [[top, bottom], [left, right]] = given.map((pair) => allFixed(pair, dependsOnSizes)) as [
    [number, number],
    [number, number],
  ];
  return { ...geometry, pads: [top, left, bottom, right] };
}

/** Whether padding along an axis is that of `same`: as many results as steps of the window begin in the image, the larger half behind. */
function keepsSize(
  window: Window,
  kernel: readonly number[],
  image: readonly Size[],
  axis: number,
  pair: readonly Size[],
): boolean {
  const [size, stride] = [image[axis] as Size, window.strides[axis] as number];
  const reach = ((kernel[axis] as number) - 1) * (window.dilation[axis] as number) + 1;
  const total = combined([size], (n) => Math.max((Math.ceil(n / stride) - 1) * stride + reach - n, 0));
  const half = combined([total], (sum) => Math.floor(sum / 2));
  const [low, high] = pair as [Size, Size];
  return (
    sameSize(low, half) &&
    sameSize(
      high,
      combined([total, half], (sum, before) => sum - before),
    )
  );
}

const spatial = ({ kernel, strides, dilations, pads }: Geometry): Record<string, AttributeValue> => ({
  kernel_shape: kernel,
  strides,
  ...(dilations.some((step) => step !== 1) ? { dilations } : {}),
  ...(pads === undefined ? { auto_pad: 'SAME_UPPER' } : pads.some((amount) => amount !== 0) ? { pads } : {}),
});

/** Whether nothing happens along the height, which is 1: an operation along one axis. */
function isFlat({ kernel, strides, dilations, pads }: Geometry, x: Value): boolean {
  const alongHeight = [kernel[0], strides[0], dilations[0]];
  return x.shape[2] === 1 && alongHeight.every((n) => n === 1) && pads !== undefined && !pads[0] && !pads[2];
}

/** The geometry without the height. */
function flat({ kernel, strides, dilations, pads }: Geometry): Geometry {
  return {
    kernel: kernel.slice(1),
    strides: strides.slice(1),
    dilations: dilations.slice(1),
    pads: pads && [pads[1] as number, pads[3] as number],
  };
}

const without = <T>(list: readonly T[], axis: number): T[] => list.toSpliced(axis, 1);

/** Applies `make` to an image with channels first, without its height if that is 1 and untouched; gives an image with channels last. */
function overImage(
  b: Builder,
  x: Value,
  type: ValueType,
  geometry: Geometry,
  make: (x: Value, type: ValueType, geometry: Geometry, isFlat: boolean) => Value,
): Value {
  const image = b.transpose(x, toFront);
  const result = { element: type.element, shape: reordered(type.shape, toFront) };
  if (!isFlat(geometry, image)) return b.transpose(make(image, result, geometry, false), toEnd);
  const line = b.reshape(image, without(image.shape, 2));
  const made = make(line, { element: type.element, shape: without(result.shape, 2) }, flat(geometry), true);
  return b.transpose(b.reshape(made, result.shape), toEnd);
}

const sizesOf = (x: Value, axes: readonly number[]): number[] =>
  allFixed(
    axes.map((axis) => x.shape[axis] as Size),
    'a kernel whose size depends on unknown sizes',
  );

export const convRule: Rule = ({ b, node, inputs, type }) => {
  const [x, kernel] = inputs as [Value, Value];
  const window = node.attributes.window as Window;
  const group = fixed(node.attributes.groups as number, 'groups that depend on unknown sizes');
  const geometry = geometryOf(window, sizesOf(kernel, [0, 1]), x.shape.slice(1, 3));
  const weights = b.transpose(kernel, kernelOrder);
  return overImage(b, x, type, geometry, (image, result, to, isLine) => {
    const w = isLine ? b.reshape(weights, without(weights.shape, 2)) : weights;
    return b.op('Conv', [image, w], result, { ...spatial(to), group });
  });
};

export const convTransposeRule: Rule = ({ b, node, inputs, type }) => {
  const [dy, kernel] = inputs as [Value, Value];
  const window = node.attributes.window as Window;
  const group = fixed(node.attributes.groups as number, 'groups that depend on unknown sizes');
  const size = sizesOf(kernel, [0, 1]);
  const pads = [window.padH, window.padW].map((pair) => allFixed(pair, dependsOnSizes));
  const [low, high] = [0, 1].map((end) => pads.map((pair) => pair[end] as number)) as [number[], number[]];
  const geometry = { kernel: size, strides: window.strides, dilations: window.dilation, pads: [...low, ...high] };
  // What a convolution leaves over at the end of its input.
  const rest = [0, 1].map((axis) => {
    const [stride, reach] = [window.strides[axis] as number, size[axis] as number];
    const spread = (n: number): number => (n - 1) * stride + (reach - 1) * (window.dilation[axis] as number) + 1;
    const inside = [dy.shape[axis + 1], type.shape[axis + 1]] as [Size, Size];
    const left = combined(inside, (n, whole) => whole - spread(n) + (low[axis] as number) + (high[axis] as number));
    return fixed<number>(left, dependsOnSizes);
  });
  const weights = b.transpose(kernel, kernelOrder);
  return overImage(b, dy, type, geometry, (image, result, to, isLine) => {
    const w = isLine ? b.reshape(weights, without(weights.shape, 2)) : weights;
    const left = isLine ? rest.slice(1) : rest;
    const padding: Record<string, AttributeValue> = left.some((n) => n !== 0) ? { output_padding: left } : {};
    return b.op('ConvTranspose', [image, w], result, { ...spatial(to), group, ...padding });
  });
};

interface PoolWindow extends Window {
  readonly size: readonly number[];
}

export const maxPoolRule: Rule = ({ b, node, inputs, type, used }) => {
  if (used[1]) throw new NoForm('the positions of maxima are numbered in another way in ONNX');
  const [x] = inputs as [Value];
  const window = node.attributes.window as PoolWindow;
  const geometry = geometryOf(window, window.size, x.shape.slice(1, 3));
  return overImage(b, x, type, geometry, (image, result, to) => b.op('MaxPool', [image], result, spatial(to)));
};

export const avgPoolRule: Rule = ({ b, node, inputs, type }) => {
  const [x] = inputs as [Value];
  const window = node.attributes.window as PoolWindow;
  if (window.dilation.some((step) => step !== 1)) throw new NoForm('means of cells that lie apart are none of ONNX');
  const geometry = geometryOf(window, window.size, x.shape.slice(1, 3));
  return overImage(b, x, type, geometry, (image, result, to) =>
    b.op('AveragePool', [image], result, { ...spatial(to), count_include_pad: 0 }),
  );
};
