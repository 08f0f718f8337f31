// Activations by name.
import * as activations from '../../activations/index.ts';
import { toSnake } from './names.ts';

/** Keras' names of activations that are not ours with underscores. */
const irregular: Readonly<Record<string, string>> = { swish: 'silu', hardSwish: 'hard_silu' };

/** Activations of TensorFlow.js that Keras has as options. */
const strangers: ReadonlySet<string> = new Set(['geluNew', 'legacyHardSigmoid']);

/** Whether hornbeam has an activation of this name, in either spelling. */
export function isActivation(name: string): boolean {
  try {
    activations.get(name as 'relu');
    return true;
  } catch {
    return false;
  }
}

/** Keras' name of an activation; `undefined` for one that it does not have. */
export function activationName(name: string): string | undefined {
  if (strangers.has(name)) return undefined;
  if (Object.hasOwn(irregular, name)) return irregular[name];
  return isActivation(name) ? toSnake(name) : undefined;
}
