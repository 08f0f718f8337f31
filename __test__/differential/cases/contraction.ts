import { type DiffCase, f, of } from '../case.ts';

export const contractions: readonly DiffCase[] = [
  of('matMul', [f([2, 3]), f([3, 4])]),
  of('matMul', [f([3, 2]), f([4, 3])], [true, true]),
  of('matMul', [f([2, 2, 3]), f([2, 3, 4])]),
  of('matMul', [f([2, 2, 2, 3]), f([2, 3, 2])], [], { noGrad: 'TensorFlow.js fails where it broadcasts' }),
  of('dot', [f([4]), f([4])]),
  of('dot', [f([2, 4]), f([4])]),
  of('dot', [f([2, 4]), f([4, 3])]),
  of('outerProduct', [f([3]), f([2])]),
  of('outerProduct', [f([1]), f([4])]),
  ...(
    [
      ['ij,jk->ik', [2, 3], [3, 4]],
      ['bij,bjk->bik', [2, 2, 3], [2, 3, 4]],
      ['ij,j->i', [2, 3], [3]],
      ['abc,cd->abd', [2, 2, 3], [3, 2]],
    ] as const
  ).map(([equation, left, right]) =>
    of('einsum', [f(left), f(right)], [equation, '$0', '$1'], { noGrad: 'TensorFlow.js has none' }),
  ),
  of('einsum', [f([2, 3])], ['ij->ji', '$0'], { noGrad: 'TensorFlow.js has none' }),
  of('linalg.gramSchmidt', [f([3, 4])]),
  of('linalg.gramSchmidt', [f([2, 2])]),
  of('basicLSTMCell', [f([]), f([5, 8]), f([8]), f([3, 3]), f([3, 2]), f([3, 2])]),
  of('basicLSTMCell', [f([]), f([2, 4]), f([4]), f([1, 1]), f([1, 1]), f([1, 1])]),
  of('fused.matMul', [f([2, 3]), f([3, 4]), f([4])], [{ a: '$0', b: '$1', bias: '$2', activation: 'sigmoid' }]),
  of('fused.matMul', [f([2, 3]), f([4, 3])], [{ a: '$0', b: '$1', transposeB: true }]),
];
