// The workloads of workloads.json: their models (hornbeam and TensorFlow.js spell them the same), samples, and FLOPs.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mnistBytes } from './mnist-program.mjs';

/** Where the definitions are. */
export const workloadsFile = fileURLToPath(new URL('workloads.json', import.meta.url));

/** The definitions: `workloads` by name, and the table of `operations`. */
export const definitions = JSON.parse(readFileSync(workloadsFile, 'utf8'));

const dense = (units) => ({ class: 'Dense', units, activation: 'relu' });

/**
 * A workload by its name. `mlp-depth-D` (D hidden layers of 256 units) and `mlp-width-W` (3 of W units) are variants of mlp, for
 * sweeps.
 */
export function workload(name) {
  const found = definitions.workloads[name];
  if (found !== undefined) return { name, ...found };
  const [, what, size] = /^mlp-(depth|width)-([1-9]\d*)$/.exec(name) ?? [];
  if (what === undefined) {
    throw new Error(`there is no workload "${name}"; there are ${Object.keys(definitions.workloads).join(', ')}`);
  }
  const { mlp } = definitions.workloads;
  const [depth, width] = what === 'depth' ? [Number(size), 256] : [3, Number(size)];
  const hidden = Array.from({ length: depth }, () => dense(width));
  return { name, ...mlp, layers: [...hidden, mlp.layers.at(-1)] };
}

const factories = {
  BatchNormalization: 'batchNormalization',
  Conv2D: 'conv2d',
  Dense: 'dense',
  DepthwiseConv2D: 'depthwiseConv2d',
  Flatten: 'flatten',
  GlobalAveragePooling2D: 'globalAveragePooling2d',
  MaxPooling2D: 'maxPooling2d',
  ReLU: 'reLU',
};

/** TensorFlow.js' own default is another one. */
const initializers = {
  Conv2D: { kernelInitializer: 'glorotUniform' },
  Dense: { kernelInitializer: 'glorotUniform' },
  DepthwiseConv2D: { depthwiseInitializer: 'glorotUniform' },
};

/** The model, compiled. `tf` is hornbeam or TensorFlow.js. */
export function build(tf, { layers, data, compile }) {
  const model = tf.sequential();
  for (const [at, { class: name, ...options }] of layers.entries()) {
    const first = at === 0 ? { inputShape: data.input } : {};
    model.add(tf.layers[factories[name]]({ ...first, ...initializers[name], ...options }));
  }
  const { optimizer, learningRate, loss, metrics } = compile;
  model.compile({ optimizer: tf.train[optimizer](learningRate), loss, metrics });
  return model;
}

/** Numbers from 0 up to 1, the same for a seed: Marsaglia's xorshift with 32 bits. */
export function generator(seed) {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

const product = (dims) => dims.reduce((size, dim) => size * dim, 1);

/**
 * The first `count` samples: `x` is bytes to be divided by 255 (MNIST), or floats of mean 0 and variance 1; `y` is labels or
 * floats.
 */
export function samples({ data }, count) {
  const xShape = [count, ...data.input];
  if (data.kind === 'mnist') {
    const { images, labels } = mnistBytes(count);
    return { x: images, xShape, y: Int32Array.from(labels), yShape: [count] };
  }
  const random = generator(1);
  const spread = () => (random() * 2 - 1) * Math.sqrt(3);
  const x = new Float32Array(product(xShape));
  for (let i = 0; i < x.length; i++) x[i] = spread();
  if (data.classes !== undefined) {
    return {
      x,
      xShape,
      y: Int32Array.from({ length: count }, () => Math.floor(random() * data.classes)),
      yShape: [count],
    };
  }
  const yShape = [count, ...data.target];
  return { x, xShape, y: Float32Array.from({ length: product(yShape) }, spread), yShape };
}

/** Positions of a window along an axis. */
export function windows(size, kernel, stride, padding) {
  return padding === 'same' ? Math.ceil(size / stride) : Math.floor((size - kernel) / stride) + 1;
}

/** The shape behind a layer, and the multiply-adds that it does for a sample. */
function behind(shape, layer) {
  const [height, width, channels] = shape;
  const { kernelSize, filters, units, poolSize, strides = 1, padding = 'valid' } = layer;
  const plane = (kernel, stride) => [windows(height, kernel, stride, padding), windows(width, kernel, stride, padding)];
  switch (layer.class) {
    case 'Conv2D': {
      const out = [...plane(kernelSize, strides), filters];
      return { shape: out, multiplyAdds: product(out) * kernelSize ** 2 * channels };
    }
    case 'DepthwiseConv2D': {
      const out = [...plane(kernelSize, strides), channels];
      return { shape: out, multiplyAdds: product(out) * kernelSize ** 2 };
    }
    case 'Dense':
      return { shape: [units], multiplyAdds: shape[0] * units };
    case 'MaxPooling2D':
      return { shape: [...plane(poolSize, poolSize), channels], multiplyAdds: 0 };
    case 'GlobalAveragePooling2D':
      return { shape: [channels], multiplyAdds: 0 };
    case 'Flatten':
      return { shape: [product(shape)], multiplyAdds: 0 };
    default:
      return { shape, multiplyAdds: 0 };
  }
}

/**
 * FLOPs of a sample by the direct algorithms, contractions only: `forward`, and `step` with the gradients of all weights and of
 * every contraction's input but the first's.
 */
export function flops({ layers, data }) {
  let shape = data.input;
  let [forward, step] = [0, 0];
  for (const layer of layers) {
    const { shape: next, multiplyAdds } = behind(shape, layer);
    step += multiplyAdds * (forward === 0 ? 4 : 6);
    forward += multiplyAdds * 2;
    shape = next;
  }
  return { forward, step };
}

/** FLOPs of one step of a phase: a batch trained or predicted, one image, or a whole process. */
export function phaseFlops(definition, phase, batch) {
  const { forward, step } = flops(definition);
  if (phase === 'whole') return step * 60_000;
  return phase === 'train' ? step * batch : forward * batch;
}
