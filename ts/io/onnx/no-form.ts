import type { Varying } from './operations.ts';

/** Something in a model has no form in ONNX. `advice` says what would do; `size` is the size that varies, if that is the reason. */
export class NoForm extends Error {
  readonly advice: string | undefined;
  readonly size: Varying<unknown> | undefined;
  /** The operation, filled in by who knows it. */
  operation: string | undefined;

  constructor(what: string, reason?: string | Varying<unknown>) {
    super(what);
    this.advice = typeof reason === 'string' ? reason : undefined;
    this.size = typeof reason === 'string' ? undefined : reason;
  }
}
