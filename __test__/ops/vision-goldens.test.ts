import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as tf from '../../ts/index.ts';
import { wave } from '../wave.ts';

// biome-ignore lint/suspicious/noExplicitAny: options of twenty functions, as the script wrote them
type Options = Record<string, any>;

interface Golden {
  fn: string;
  options: Options;
  inputs: number[][];
  values?: Record<string, number[]>;
  shape: number[];
  output: number[];
  grads?: number[][];
  boxes: number[][];
  scores: number[];
  selectedScores: number[];
}

const text = readFileSync(new URL('../goldens/vision.json', import.meta.url), 'utf8');
const goldens = JSON.parse(text) as Golden[];

type Builder = (xs: readonly tf.Tensor[], options: Options) => tf.Tensor;

const first = (xs: readonly tf.Tensor[]): tf.Tensor => xs[0] as tf.Tensor;
const second = (xs: readonly tf.Tensor[]): tf.Tensor => xs[1] as tf.Tensor;
const third = (xs: readonly tf.Tensor[]): tf.Tensor => xs[2] as tf.Tensor;

function pooled(kind: 'max' | 'avg'): Builder {
  const all = {
    max: [tf.maxPool1d, tf.maxPool, tf.maxPool3d],
    avg: [tf.avgPool1d, tf.avgPool, tf.avgPool3d],
  };
  return (xs, { rank, size, strides, padding }) => {
    const pool = all[kind][rank - 1] as typeof tf.maxPool;
    return pool(first(xs), size, strides, padding);
  };
}

const functions: Record<string, Builder> = {
  conv1d: (xs, { strides, padding, dilations }) =>
    tf.conv1d(first(xs), second(xs), { strides, padding, dilations, groups: groupsOf(xs) }),
  conv2d: (xs, { strides, padding, dilations }) =>
    tf.conv2d(first(xs), second(xs), { strides, padding, dilations, groups: groupsOf(xs) }),
  conv3d: (xs, { strides, padding }) => tf.conv3d(first(xs), second(xs), strides, padding),
  convTranspose: (xs, options) => tf.convTranspose(first(xs), second(xs), options),
  depthwiseConv1d: (xs, { padding }) => tf.depthwiseConv1d(first(xs), second(xs), 1, padding),
  depthwiseConv2d: (xs, { strides, padding, dilations }) =>
    tf.depthwiseConv2d(first(xs), second(xs), strides, padding, 'NHWC', dilations),
  separableConv2d: (xs, { strides, padding }) => tf.separableConv2d(first(xs), second(xs), third(xs), strides, padding),
  maxPool: pooled('max'),
  avgPool: pooled('avg'),
  pool: (xs, { size, kind, padding, dilations }) => tf.pool(first(xs), size, kind, padding, dilations),
  maxPoolWithArgmax: (xs, { size, strides, batch }) =>
    tf.maxPoolWithArgmax(first(xs), size, strides, 'valid', batch).indexes,
  adaptiveAveragePool: (xs, { size }) => tf.adaptiveAveragePool(first(xs), size),
  adaptiveMaxPool: (xs, { size }) => tf.adaptiveMaxPool(first(xs), size),
  resizeBilinear: (xs, { size, alignCorners, halfPixel }) =>
    tf.image.resizeBilinear(first(xs), size, alignCorners, halfPixel),
  resizeNearest: (xs, { size, alignCorners, halfPixel }) =>
    tf.image.resizeNearestNeighbor(first(xs), size, alignCorners, halfPixel),
  resize: (xs, { size, interpolation, antialias }) => tf.image.resize(first(xs), size, { interpolation, antialias }),
  cropAndResize: (xs, { size, method, fill }) =>
    tf.image.cropAndResize(first(xs), second(xs), xs[2] ?? [1, 0, 1], size, method, fill),
  transform: (xs, { mode, method, fill, size }) => tf.image.transform(first(xs), second(xs), method, mode, fill, size),
  extractPatches: (xs, { size, strides, dilations, padding }) =>
    tf.image.extractPatches(first(xs), size, { strides, dilations, padding }),
  gaussianBlur: (xs, { size, sigma }) => tf.image.gaussianBlur(first(xs), size, sigma),
  rgbToGrayscale: (xs) => tf.image.rgbToGrayscale(first(xs)),
  rot90: (xs, { k }) => tf.image.rot90(first(xs), k),
};

/** Keras finds the groups in the shapes. */
function groupsOf(xs: readonly tf.Tensor[]): number {
  const channels = first(xs).shape.at(-1) ?? 1;
  return channels / (second(xs).shape.at(-2) ?? 1);
}

function close(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  let worst = 0;
  expected.forEach((value, i) => {
    worst = Math.max(worst, Math.abs((actual[i] as number) - value) / Math.max(1, Math.abs(value)));
  });
  expect(worst, what).toBeLessThanOrEqual(1e-4);
}

function operandsOf(golden: Golden): tf.Tensor[] {
  return golden.inputs.map((shape, i) => {
    const values = golden.values?.[i];
    if (values === undefined) return wave(shape, i + 1);
    return tf.tensor(values, shape, shape.length === 1 ? 'int32' : 'float32');
  });
}

describe('convolution, pooling and images equal TensorFlow and Keras', () => {
  const rows = goldens.filter((golden) => golden.fn in functions);
  it('has rows for every function', () => {
    for (const name of Object.keys(functions))
      expect(
        rows.some((row) => row.fn === name),
        name,
      ).toBe(true);
  });
  for (const [index, golden] of rows.entries()) {
    it(`${index} ${golden.fn} ${JSON.stringify(golden.inputs)} ${JSON.stringify(golden.options)}`, () => {
      const build = functions[golden.fn] as Builder;
      const operands = operandsOf(golden);
      const y = build(operands, golden.options);
      expect(y.shape).toEqual(golden.shape);
      close(y.dataSync(), golden.output, 'output');
      if (golden.grads === undefined) return;
      const weight = wave(y.shape, 0.5);
      const found = tf.grads((...xs: tf.Tensor[]) => build(xs, golden.options).mul(weight).sum())(operands);
      for (const [i, expected] of golden.grads.entries()) {
        close((found[i] as tf.Tensor).dataSync(), expected, `gradient ${i}`);
      }
    });
  }
});

describe('non-maximum suppression equals TensorFlow', () => {
  for (const golden of goldens.filter(({ fn }) => fn === 'nonMaxSuppression')) {
    it(JSON.stringify(golden.options), async () => {
      const { most, iou, low, sigma } = golden.options;
      const args = [golden.boxes, golden.scores, most, iou, low ?? Number.NEGATIVE_INFINITY] as const;
      const found = tf.image.nonMaxSuppressionWithScore(...args, sigma);
      expect([...found.selectedIndices.dataSync()]).toEqual(golden.output);
      close(found.selectedScores.dataSync(), golden.selectedScores, 'scores');
      const later = await tf.image.nonMaxSuppressionWithScoreAsync(...args, sigma);
      expect([...(await later.selectedIndices.data())]).toEqual(golden.output);
      if (sigma > 0) return;
      expect([...tf.image.nonMaxSuppression(...args).dataSync()]).toEqual(golden.output);
      const padded = await tf.image.nonMaxSuppressionPaddedAsync(...args, true);
      expect(padded.selectedIndices.shape).toEqual([most]);
      expect(padded.validOutputs.dataSync()[0]).toBe(golden.output.length);
    });
  }
});
