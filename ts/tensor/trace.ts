import { type NativeProgram, native } from '../native.ts';
import type { DType } from './dtype.ts';
import { prepareTracedSeed } from './seed.ts';
import { Tensor } from './tensor.ts';

/** A parameter of a traced program. */
export interface TraceParam {
  shape: readonly number[];
  dtype: DType;
  /** Whether the leading axis is the batch (default false). */
  batched?: boolean;
}

/** Whether a trace is going on: tensors have no numbers then. */
export function isTracing(): boolean {
  return native.isTracing();
}

/**
 * Records what `build` makes of its parameters and compiles it. Variables assigned in it are updated by every run; tensors
 * made outside are operands.
 * @param name Named in the error when numbers are asked for inside.
 * @throws StateError when `build` asks for numbers.
 */
export function traceProgram(
  name: string,
  params: readonly TraceParam[],
  build: (args: Tensor[]) => readonly Tensor[],
): NativeProgram {
  return traced(name, (compile) => {
    const args = params.map((param) => new Tensor(native.placeholder([...param.shape], param.dtype)));
    return compile(
      args,
      build(args),
      params.map((param) => param.batched ?? false),
    );
  });
}

/** Compiles the trace with these parameters and outputs. */
export type Compile = (
  params: readonly Tensor[],
  outputs: readonly Tensor[],
  batched?: readonly boolean[],
) => NativeProgram;

/** As {@link traceProgram}, for a caller that makes its placeholders and ends the trace itself; an error aborts the trace. */
export function traced(name: string, build: (compile: Compile) => NativeProgram): NativeProgram {
  prepareTracedSeed();
  native.traceBegin(name);
  let open = true;
  try {
    return build((params, outputs, batched) => {
      open = false;
      return native.traceCompile(
        params.map((p) => p.handle),
        outputs.map((o) => o.handle),
        [...(batched ?? params.map(() => false))],
      );
    });
  } catch (error) {
    if (open) native.traceAbort();
    throw error;
  }
}

/** Shapes that `build` gives for parameters of the given types, without compiling or computing anything. */
export function traceShapes<R>(
  name: string,
  params: readonly TraceParam[],
  build: (args: Tensor[]) => R,
  read: (result: R) => void,
): void {
  prepareTracedSeed();
  native.traceBegin(name);
  try {
    read(build(params.map((param) => new Tensor(native.placeholder([...param.shape], param.dtype)))));
  } finally {
    native.traceAbort();
  }
}
