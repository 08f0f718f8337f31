// npm run bench:tfjs: training, hornbeam against TensorFlow.js (backends cpu, wasm, and node where it was built), in turns. Options
// as of bench:peers; --setup builds tfjs-node (tfjs-node.mjs).
import { fail } from '../scripts/steps.mjs';
import { compareAll, options, prepare } from './command.mjs';
import { tfjsBackends } from './contenders.mjs';
import { setUpTfjsNode } from './tfjs-node.mjs';

const given = options({ workload: 'mnist-seed,mlp', phase: 'train' });
await prepare();
try {
  if (given.setup) await setUpTfjsNode();
} catch (error) {
  fail(error);
}
await compareAll('tfjs', given.peers ?? tfjsBackends(), given);
