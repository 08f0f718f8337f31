import type { DType, TypedArray } from '../tensor/index.ts';

/** Numbers with a name, as files of weights hold them. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** In row-major order. Elements of 16 bits (bfloat16, float16) are widened to float32. */
  readonly data: TypedArray;
}

/** An object as Keras' configurations hold it (`config.json` of a `.keras` file): keys in snake_case. */
export interface KerasObject {
  module?: string | null;
  class_name: string;
  config: Record<string, unknown>;
  registered_name?: string | null;
  build_config?: Record<string, unknown> | null;
  compile_config?: Record<string, unknown> | null;
  [key: string]: unknown;
}
