import type { AnyLayer } from '../layers/layer.ts';
import { Bidirectional, RNN } from '../layers/recurrent/index.ts';

/** Sets the states of the stateful layers in a layer, at any depth, to zeros. */
export function resetStatesIn(layer: AnyLayer): void {
  if (layer instanceof RNN || layer instanceof Bidirectional) {
    if (layer.stateful) layer.resetStates();
    return;
  }
  for (const inner of layer.sublayers) resetStatesIn(inner);
}
