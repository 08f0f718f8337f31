// Configurations that Keras wrote (tools/fixtures/configs.py), and how they are compared with ours.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of fixtures. */
export function fixture<T>(name: string): T {
  const path = fileURLToPath(new URL(`./fixtures/config/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/**
 * Options that Keras 3.15 writes and we do not: at these values they change nothing, and older versions of Keras take a file
 * without them.
 */
const leftOut: Readonly<Record<string, unknown>> = {
  activity_regularizer: null,
  compile_config: {},
  input_axes: null,
  output_axes: null,
  noise_shape: null,
  quantization_config: null,
  renorm: false,
  renorm_clipping: null,
  renorm_momentum: 0.99,
  rms_scaling: false,
  seed: null,
  sliding_window: null,
  sparse: false,
  ragged: false,
  optional: false,
  synchronized: false,
  use_gate: false,
};

/** A configuration without what is left out, and with its keys in order. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, inner]) => !(key in leftOut && JSON.stringify(leftOut[key]) === JSON.stringify(inner)))
    .map(([key, inner]) => [key, plain(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As a file would hold it. */
export function asJSON(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
