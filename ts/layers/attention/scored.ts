import type { Tensor } from '../../tensor/index.ts';
import type { ApplyOptions, Inputs, SymbolicInputs } from '../calls.ts';
import { Layer } from '../layer.ts';
import type { SymbolicTensor } from '../symbolic.ts';

/** Options of a call that gives the scores, too. */
export type WithScores = ApplyOptions & { readonly returnAttentionScores: true };

/** Base of the attention layers: `apply` gives a tensor, with `returnAttentionScores: true` a list of it and the scores after softmax. */
export abstract class ScoredLayer extends Layer {
  override apply(inputs: SymbolicInputs, options: WithScores): readonly [SymbolicTensor, SymbolicTensor];
  override apply(inputs: Inputs, options: WithScores): readonly [Tensor, Tensor];
  override apply(inputs: SymbolicInputs, options?: ApplyOptions): SymbolicTensor;
  override apply(inputs: Inputs, options?: ApplyOptions): Tensor;
  override apply(inputs: Inputs | SymbolicInputs, options?: ApplyOptions): never {
    return super.apply(inputs as Inputs, options) as never;
  }
}
