// npm run bench:peers: training and prediction, hornbeam against Keras (TensorFlow, JAX), PyTorch and onnxruntime, in turns on the
// same number of threads. Options: --workload mnist-seed,mlp --phase train,predict,predict-one,whole --batch 32
// --peers keras-tf,torch-tuned --rounds 7 --seconds 1 (of a round) --threads N; --setup makes the Python environment (python.mjs).
import { fail } from '../scripts/steps.mjs';
import { compareAll, options, prepare } from './command.mjs';
import { peers } from './contenders.mjs';
import { python, setUpPython } from './python.mjs';

const given = options();
await prepare();
try {
  if (given.setup) await setUpPython();
  python();
} catch (error) {
  fail(error);
}
await compareAll('peers', given.peers ?? peers, given);
