// Long programs of small operations in one turn of the event loop, without tidy or dispose. The argument says which; prints what is held
// on the way at most, and what is left once all is collected.
import { linspace, memory, type Tensor, tensor1d, train, variable, variableGrads, zeros } from '../../../ts/index.ts';
import { say } from './training.ts';

const which = process.argv[2];
const [x, w] = [linspace(0, 1, 64).reshape([8, 8]), variable(zeros([8, 1]))];
const loss = (): Tensor => x.matMul(w).sub(1).square().mean();
x.dataSync();

/** Runs `step` so often; gives the most tensors and resident bytes beyond those after a tenth, when everything is warm. */
function repeat(count: number, step: (i: number) => void): { tensors: number; bytes: number } {
  const most = { tensors: 0, bytes: 0 };
  let warm = 0;
  for (let i = 0; i < count; i++) {
    step(i);
    if (i === count / 10) warm = process.memoryUsage.rss();
    if (warm > 0 && i % 1000 === 0) {
      most.tensors = Math.max(most.tensors, memory().tensors);
      most.bytes = Math.max(most.bytes, process.memoryUsage.rss() - warm);
    }
  }
  return most;
}

/** By additions that are all pending: on more numbers than what is computed at once. */
function countTo(n: number): number {
  let y: Tensor = zeros([10_000]);
  for (let i = 0; i < n; i++) y = y.add(1);
  return y.dataSync()[9999] as number;
}

/** Tensors that are left once all that can be collected is: those made last stay until somebody looks. */
async function settled(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) {
    memory();
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return memory().tensors;
}

const before = await settled();
if (which === 'tensors') {
  say(
    'most',
    repeat(1_000_000, (i) => void tensor1d([i, 1, 2])),
  );
} else if (which === 'steps') {
  const step = (): void => {
    const { grads } = variableGrads(loss, [w]);
    w.assign(w.sub((grads[w.name] as Tensor).mul(0.1)));
  };
  say('most', repeat(100_000, step));
} else if (which === 'minimize') {
  const optimizer = train.sgd(0.1);
  say(
    'most',
    repeat(20_000, () => void optimizer.minimize(loss)),
  );
  optimizer.dispose();
} else {
  say('last', countTo(100_000));
  say('most', { tensors: 0, bytes: process.memoryUsage.rss() });
}
say('left', (await settled()) - before);
