import { type Tensor, tensor } from '../ts/tensor/index.ts';

/** The numbers that scripts/goldens.py used: `sin(0.7 i + phase) * scale`. */
export function wave(shape: readonly number[], phase: number, scale = 1): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => Math.sin(i * 0.7 + phase) * scale),
    shape,
  );
}

/** Values of a weight as in scripts/goldens.py: the i-th weight has phase i + 1, variances are moved up by 1. */
export function weightWave(shape: readonly number[], index: number, name: string): Tensor {
  const value = wave(shape, index + 1, 0.5);
  return name.includes('variance') ? value.add(1) : value;
}

/** Targets as in scripts/goldens.py. */
export function targets(kind: string, count: number): Tensor {
  const labels = Array.from({ length: count }, (_, i) => (i * 7 + Math.floor(i / 3)) % 3);
  switch (kind) {
    case 'label':
      return tensor(labels, [count], 'int32');
    case 'onehot':
      return tensor(labels.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0))));
    case 'binary':
      return tensor(labels.map((label) => [label > 0 ? 1 : 0]));
    default:
      return wave([count, 3], 2);
  }
}
