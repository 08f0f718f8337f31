import { cond } from '../ops/index.ts';
import { holdingAssignments, type Tensor, type Variable } from '../tensor/index.ts';

/**
 * Makes the assignments of `then` if `condition` holds; else the variables that it assigns become what `otherwise` gives. @internal
 */
export function assignIf(condition: Tensor, then: () => void, otherwise: (variable: Variable) => Tensor): void {
  let assigned = new Map<Variable, Tensor>();
  const values = cond(
    condition,
    () => {
      assigned = holdingAssignments(then);
      return [...assigned.values()];
    },
    () => [...assigned.keys()].map(otherwise),
  );
  [...assigned.keys()].forEach((variable, i) => void variable.assign(values[i] as Tensor));
}
