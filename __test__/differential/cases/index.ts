import type { DiffCase } from '../case.ts';
import { contractions } from './contraction.ts';
import { elementwise } from './elementwise.ts';
import { losses } from './losses.ts';
import { reductions } from './reduction.ts';
import { shape } from './shape.ts';
import { windows } from './windows.ts';

/** All cases. */
export const cases: readonly DiffCase[] = [
  ...elementwise,
  ...shape,
  ...reductions,
  ...contractions,
  ...windows,
  ...losses,
];
