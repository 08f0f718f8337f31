import { checkConfig, checkList, received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { Tensor } from '../tensor/index.ts';
import type { NamedTensor } from './config.ts';

/** A list would be summed: the step would be as many times too long as it has values. */
export function checkScalar(owner: string, loss: Tensor): void {
  if (loss.size === 1) return;
  throw new ConfigError(
    `${owner}: the loss to minimize must be a scalar, got shape [${loss.shape.join(', ')}]. Take its mean() (or sum())`,
  );
}

/** @throws ConfigError for what is neither a record of tensors nor a list of named ones. */
export function checkGradients(owner: string, gradients: unknown): void {
  if (Array.isArray(gradients)) {
    for (const entry of checkList(owner, 'the gradients', gradients)) checkNamed(owner, entry);
  } else {
    checkConfig(`${owner}: applyGradients`, gradients);
  }
}

/** @throws ConfigError for what is no `{ name, tensor }`. */
export function checkNamed(owner: string, entry: unknown): void {
  const { name, tensor } = Object(entry) as Partial<NamedTensor>;
  if (typeof name === 'string' && tensor instanceof Tensor) return;
  throw new ConfigError(`${owner}: expected a list of { name, tensor }, got ${received(entry)} in it`);
}
