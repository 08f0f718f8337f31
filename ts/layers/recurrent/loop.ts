// A cell's step over all steps of a sequence.
import { scan, stack, where } from '../../ops/index.ts';
import { type Tensor, zerosLike } from '../../tensor/index.ts';
import { leaves, rebuild, type Tree } from '../../tensor/tree.ts';

/** How a sequence is run through. */
export interface LoopOptions {
  /** From the last step to the first. */
  readonly reverse: boolean;
  /** One operation after the other instead of a loop: faster for a few steps, slower to compile. */
  readonly unroll: boolean;
  /** `[steps, batch]`, which steps count: one that does not repeats states and output. */
  readonly mask: Tensor | undefined;
  /** Whether the output of a step that does not count is 0 instead. */
  readonly zeroOutputForMask: boolean;
  /** Whether all outputs are wanted, or the last one. */
  readonly returnSequences: boolean;
}

/** What a run gives. */
export interface LoopResult {
  /** The last output; or all, `[steps, batch, ...]` in the order they were made. */
  readonly output: Tensor;
  readonly states: Tree;
}

/** The cell's side of a run. */
export interface LoopBody {
  readonly step: (x: Tensor, states: Tree) => readonly [Tensor, Tree];
  /** The output of the step that gave these states, when it is one of them. */
  readonly outputOf: (states: Tree) => Tensor | undefined;
  /** The output before the first step. */
  readonly firstOutput: () => Tensor;
}

/** What goes from step to step. */
interface Carry {
  readonly states: Tree;
  /** The output before, where the states do not hold it and a step may repeat it. */
  readonly output: Tensor[];
}

/** Runs over `xs [steps, batch, ...]`. */
export function runLoop(body: LoopBody, xs: Tensor, initial: Tree, options: LoopOptions): LoopResult {
  const { mask, returnSequences, reverse } = options;
  const repeats = mask !== undefined && !options.zeroOutputForMask;
  const first = body.outputOf(initial);
  const carriesOutput = repeats && first === undefined;
  // Outputs are stacked only where something reads them.
  const stacks = returnSequences || first === undefined || (mask !== undefined && options.zeroOutputForMask);
  const step = (carry: Carry, x: Tensor, counts: Tensor | undefined): [Carry, Tensor[]] => {
    const [output, next] = body.step(x, carry.states);
    if (counts === undefined) return [{ states: next, output: [] }, stacks ? [output] : []];
    const states = chosen(counts, next, carry.states);
    const before = carry.output[0] ?? (repeats ? body.outputOf(carry.states) : undefined) ?? zerosLike(output);
    const shown = chosen(counts, output, before) as Tensor;
    return [{ states, output: carriesOutput ? [shown] : [] }, stacks ? [shown] : []];
  };
  const start: Carry = { states: initial, output: carriesOutput ? [body.firstOutput()] : [] };
  const [end, stacked] = (options.unroll ? unrolled : looped)(step, start, xs, mask, reverse);
  if (!stacks) return { output: body.outputOf(end.states) as Tensor, states: end.states };
  const all = stacked as Tensor;
  if (!returnSequences) return { output: row(all, reverse ? 0 : (all.shape[0] as number) - 1), states: end.states };
  return { output: reverse ? all.reverse(0) : all, states: end.states };
}

type Step = (carry: Carry, x: Tensor, counts: Tensor | undefined) => [Carry, Tensor[]];

function looped(
  step: Step,
  start: Carry,
  xs: Tensor,
  mask: Tensor | undefined,
  reverse: boolean,
): [Carry, Tensor | undefined] {
  type Flat = { readonly states: Tree; readonly output: Tensor[] };
  const [end, ys] = scan(
    (carry: Flat, [x, counts]: Tensor[]): [Flat, Tensor[]] => step(carry, x as Tensor, counts),
    start as Flat,
    mask === undefined ? [xs] : [xs, mask],
    { reverse },
  );
  return [end, ys[0]];
}

function unrolled(
  step: Step,
  start: Carry,
  xs: Tensor,
  mask: Tensor | undefined,
  reverse: boolean,
): [Carry, Tensor | undefined] {
  const steps = Array.from({ length: xs.shape[0] as number }, (_, t) => t);
  const outputs: Tensor[] = [];
  let carry = start;
  for (const t of reverse ? steps.reverse() : steps) {
    const [next, shown] = step(carry, row(xs, t), mask && row(mask, t));
    carry = next;
    outputs.push(...shown);
  }
  // In the order of time, as a loop stacks them.
  return [carry, outputs.length === 0 ? undefined : stack(reverse ? outputs.reverse() : outputs, 0)];
}

/** `next` where the step counts, else `before`. */
function chosen(counts: Tensor, next: Tree, before: Tree): Tree {
  const old = leaves(before);
  const mixed = leaves(next).map((value, i) => {
    const condition = counts.reshape([counts.size, ...value.shape.slice(1).map(() => 1)]);
    return where(condition, value, old[i] as Tensor);
  });
  return rebuild(next, mixed);
}

/** The slice at `index` of the leading axis. */
function row(x: Tensor, index: number): Tensor {
  const rest = x.shape.slice(1);
  return x.slice([index, ...rest.map(() => 0)], [1, ...rest]).reshape(rest);
}
