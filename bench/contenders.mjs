// Who takes part in benchmarks, and how each is started.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/steps.mjs';
import { mnistFolder } from './mnist-program.mjs';
import { workloadsFile } from './model.mjs';
import { python } from './python.mjs';
import { hasTfjsNode } from './tfjs-node.mjs';

const here = join(root, 'bench');
const steps = ['train', 'predict', 'predict-one'];

const js = (file, env = () => ({})) => ({
  phases: [...steps, 'whole'],
  command: (options) => [process.execPath, [join(here, file), ...options]],
  env,
});

const py = (script, phases, args, env = () => ({})) => ({
  phases,
  command: (options, threads) => {
    const given = [
      ...args,
      ...options,
      '--threads',
      String(threads),
      '--workloads',
      workloadsFile,
      '--data',
      mnistFolder,
    ];
    return [python(), [join(here, 'peers', script), ...given]];
  },
  env: (threads) => ({ OMP_NUM_THREADS: String(threads), ...env(threads) }),
});

const keras = (backend, phases, ...args) => py('keras_peer.py', phases, args, () => ({ KERAS_BACKEND: backend }));

const tfjs = (backend, env = {}) => ({
  ...js('contender-tfjs.mjs', () => ({ TFJS_BACKEND: backend, ...env })),
  phases: steps,
});

/** libtensorflow takes its number of threads from the cores that it may use. */
const tfjsNode = (oneDnn) => ({ ...tfjs('node', { TF_ENABLE_ONEDNN_OPTS: oneDnn }), pinned: true });

/** What keeps PyTorch's memory from going back to the system after every step, and its threads from sleeping between two. */
export const tunedEnvironment = () => ({
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_MMAP_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '67108864',
  OMP_WAIT_POLICY: 'active',
  GOMP_SPINCOUNT: '1000000',
});

/** By name: the phases that it can do, its command line and its environment for so many threads. */
export const contenders = {
  hornbeam: js('contender-hornbeam.mjs', (threads) => ({ HORNBEAM_NUM_THREADS: String(threads) })),
  'tfjs-cpu': tfjs('cpu'),
  'tfjs-wasm': tfjs('wasm'),
  'tfjs-node': tfjsNode('1'),
  'tfjs-node-onednn-off': tfjsNode('0'),
  'keras-tf': keras('tensorflow', [...steps, 'whole']),
  'keras-tf-jit-on': keras('tensorflow', ['train', 'predict'], '--jit', 'on'),
  'keras-tf-jit-off': keras('tensorflow', ['train', 'predict'], '--jit', 'off'),
  'keras-tf-function': keras('tensorflow', ['predict-one'], '--function'),
  'keras-jax': keras('jax', [...steps, 'whole']),
  'keras-jax-function': keras('jax', ['predict-one'], '--function'),
  torch: py('torch_peer.py', [...steps, 'whole'], []),
  'torch-tuned': py('torch_peer.py', steps, ['--tuned'], tunedEnvironment),
  'torch-compile': py('torch_peer.py', steps, ['--tuned', '--compile'], tunedEnvironment),
  onnxruntime: py('onnxruntime_peer.py', ['predict', 'predict-one'], []),
};

/**
 * Those that `npm run bench:peers` starts unless told. `keras-tf` decides on XLA itself, the rows say how; `torch-compile` needs a
 * C++ compiler.
 */
export const peers = [
  'keras-tf',
  'keras-tf-function',
  'keras-jax',
  'keras-jax-function',
  'torch',
  'torch-tuned',
  'onnxruntime',
];

/** Those of `npm run bench:tfjs`: TensorFlow.js' backends, the native one if it was built. */
export const tfjsBackends = () => [
  'tfjs-cpu',
  'tfjs-wasm',
  ...(hasTfjsNode() ? ['tfjs-node', 'tfjs-node-onednn-off'] : []),
];

/** The command of a contender: `{ command, args, env }`. */
export function commandOf(name, { workload, phase, batch, threads, seconds }) {
  const contender = contenders[name];
  const options = ['--workload', workload, '--phase', phase, '--batch', String(batch), '--seconds', String(seconds)];
  const [command, args] = contender.command(options, threads);
  const env = contender.env(threads);
  if (!contender.pinned || threads >= availableParallelism() || !existsSync('/usr/bin/taskset')) {
    return { command, args, env };
  }
  return { command: '/usr/bin/taskset', args: ['-c', `0-${threads - 1}`, command, ...args], env };
}
