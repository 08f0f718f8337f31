// Whole numbers as vectors.
import { oneHot } from '../../ops/index.ts';
import type { DType, Tensor } from '../../tensor/index.ts';

/** How whole numbers become vectors: one each, or one for all of a sample that marks or counts them. */
export type EncodingMode = 'oneHot' | 'multiHot' | 'count';

/** Every spelling of a mode, Keras' old one of `'multiHot'` among them. */
const spellings: Readonly<Record<string, EncodingMode>> = {
  oneHot: 'oneHot',
  one_hot: 'oneHot',
  multiHot: 'multiHot',
  multi_hot: 'multiHot',
  binary: 'multiHot',
  count: 'count',
};

/** The mode that a word names, `undefined` for another word. */
export function encodingMode(value: unknown): EncodingMode | undefined {
  return typeof value === 'string' && Object.hasOwn(spellings, value) ? spellings[value] : undefined;
}

/**
 * Ids as vectors of `depth`; an id outside of it adds nothing. `'oneHot'`: `[..., 1]` and `[...]` become `[..., depth]`. The others
 * combine the ids along axis 1, or those of a vector.
 */
export function encoded(ids: Tensor, mode: EncodingMode, depth: number, dtype: DType, weights?: Tensor): Tensor {
  const x = ids.rank === 0 ? ids.expandDims(0) : ids;
  if (mode === 'oneHot') {
    const isColumn = x.rank > 1 && x.shape.at(-1) === 1;
    return oneHot(isColumn ? x.reshape(x.shape.slice(0, -1)) : x, depth, 1, 0, dtype);
  }
  const vectors = oneHot(x, depth, 1, 0, dtype);
  const axis = x.rank > 1 ? 1 : 0;
  if (mode === 'multiHot') return vectors.max(axis);
  return (weights === undefined ? vectors : vectors.mul(weights.expandDims(-1))).sum(axis);
}
