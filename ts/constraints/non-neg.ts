import { checkOptionNames } from '../option-names.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Constraint } from './constraint.ts';

/** Values below 0 become 0: `max(w, 0)`. @example new constraints.NonNeg().call(tensor([-1, 2])) // [0, 2] */
export class NonNeg extends Constraint {
  static readonly className: string = 'NonNeg';

  constructor(options: Readonly<Record<string, never>> = {}) {
    super();
    checkOptionNames('NonNeg', options, [], '{}');
  }

  override call(w: Tensor): Tensor {
    return w.maximum(0);
  }
}
