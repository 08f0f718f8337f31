// The operations of bench:kernels: the table of workloads.json, and shapes drawn by its seed. An operation is a line for op_bench
// without its seconds.
import { definitions, generator, windows } from './model.mjs';

const { operations } = definitions;

const product = (...factors) => factors.reduce((size, factor) => size * factor, 1);

/** Geometry of `conv2d` and `depthwise` lines. */
function convolution(op, sizes) {
  const { length } = sizes;
  const padding = op === 'depthwise' ? 'same' : sizes[length - 1];
  const [n, h, w, c, ...rest] = sizes.slice(0, op === 'depthwise' ? length : length - 1).map(Number);
  const [filters, kernel, stride, groups] = op === 'depthwise' ? [c, ...rest, c] : rest;
  const out = [windows(h, kernel, stride, padding), windows(w, kernel, stride, padding)];
  return { n, h, w, c, filters, kernel, stride, groups, padding, out };
}

/** FLOPs by the direct algorithm: the same for a convolution and both its gradients. 0 for what memory bounds. */
export function operationFlops(line) {
  const [op, , ...sizes] = line.split(' ');
  if (op === 'matmul') return 2 * product(...sizes.map(Number));
  if (op !== 'conv2d' && op !== 'depthwise') return 0;
  const { n, c, filters, kernel, groups, out } = convolution(op, sizes);
  return 2 * product(n, ...out, filters, kernel, kernel, c / groups);
}

/** Floats that an operation reads and writes, every array once; contractions only. */
function floats(line) {
  const [op, , ...sizes] = line.split(' ');
  if (op === 'matmul') {
    const [m, n, k] = sizes.map(Number);
    return m * k + k * n + m * n;
  }
  const { n, h, w, c, filters, kernel, groups, out } = convolution(op, sizes);
  return product(n, h, w, c) + product(n, ...out, filters) + product(kernel, kernel, c / groups, filters);
}

/**
 * Arrays that an operation reads and writes, as one stream of the same mix and the same bytes; `undefined` for contractions that
 * arithmetic bounds.
 */
export function streamOf(line) {
  const [op, ...words] = line.split(' ');
  const bytes = product(...words.map(Number)) * 4;
  // Forward: reads x, writes y. Backward: reads dy (what it needs of x or y is in the cache or counts once), writes dx.
  if (op === 'maxpool') return { reads: 1, writes: 1, bytes: bytes * 1.25 };
  if (['batchnorm', 'layernorm', 'softmax', 'gelu'].includes(op)) return { reads: 2, writes: 2, bytes };
  // Reads gradient, weights and two moments, writes all but the gradient.
  if (op === 'adam') return { reads: 4, writes: 3, bytes };
  if (op !== 'matmul') return undefined;
  const [m, n, k] = words.slice(1).map(Number);
  const read = (m * k + k * n) * 4;
  // A matrix times a vector reads each number once; small ones are in the first cache.
  return Math.min(m, n) <= 4 && read >= 2 ** 18 ? { reads: 1, writes: 0, bytes: read } : undefined;
}

/** The named ones. */
export function tableLines() {
  const { matmul, conv2d, depthwise, rows } = operations;
  const directed = (op, { directions, shapes }) =>
    shapes.flatMap((shape) => directions.map((direction) => `${op} ${direction} ${shape}`));
  return [
    ...matmul.mnk.flatMap((mnk) => matmul.layouts.map((layout) => `matmul ${layout} ${mnk.join(' ')}`)),
    ...directed('conv2d', conv2d),
    ...directed('depthwise', depthwise),
    ...rows,
  ];
}

const drawers = {
  matmul: ({ pick, size, evenly }) => {
    const layout = pick(operations.matmul.layouts);
    // Logarithms alone would give hardly any large product.
    const mnk = [1, 2, 3].map(() => pick([size, evenly])(1, 3000));
    return `matmul ${layout} ${mnk.join(' ')}`;
  },
  conv2d: ({ pick, size }) => {
    const groups = pick([1, 1, 1, 2, 4]);
    const [channels, filters] = [size(1, 256), size(1, 256)].map((count) => Math.ceil(count / groups) * groups);
    const plane = `${size(1, 64)} ${size(7, 112)} ${size(7, 112)}`;
    const window = `${pick([1, 2, 3, 3, 4, 5, 6, 7])} ${pick([1, 1, 1, 2, 3])} ${groups} ${pick(['valid', 'same'])}`;
    return `conv2d ${pick(operations.conv2d.directions)} ${plane} ${channels} ${filters} ${window}`;
  },
  depthwise: ({ pick, size }) => {
    const shape = `${size(1, 64)} ${size(7, 112)} ${size(7, 112)} ${size(1, 512)}`;
    return `depthwise ${pick(operations.depthwise.directions)} ${shape} ${pick([2, 3, 3, 4, 5, 6, 7])} ${pick([1, 1, 2, 3])}`;
  },
};

/**
 * Shapes drawn by the committed seed: matrices, convolutions with odd channels, strides and groups, depthwise ones; those above
 * the limits of FLOPs and memory are drawn again. Sizes are drawn by their logarithms, so that small ones come as often as large ones.
 */
export function drawnLines() {
  const { seed, maxGflop, maxMillionFloats, ...counts } = operations.drawn;
  const random = generator(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const size = (least, most) => Math.round(least * (most / least) ** random());
  const evenly = (least, most) => least + Math.floor(random() * (most - least + 1));
  return Object.entries(counts).flatMap(([op, count]) => {
    const lines = [];
    while (lines.length < count) {
      const line = drawers[op]({ pick, size, evenly });
      if (operationFlops(line) <= maxGflop * 1e9 && floats(line) <= maxMillionFloats * 1e6) lines.push(line);
    }
    return lines;
  });
}
