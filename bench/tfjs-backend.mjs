// Loads TensorFlow.js on one of its backends: cpu (JavaScript), wasm, or node (libtensorflow, see tfjs-node.mjs).
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { nodeFolder } from './tfjs-node.mjs';

/** The library, and what it says of itself. */
export async function loadTfjs(backend) {
  // It advertises another package at start.
  console.warn = () => {};
  if (backend === 'node') {
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    const tf = createRequire(join(nodeFolder, 'package.json'))('@tensorflow/tfjs-node');
    await tf.ready();
    const library = tf.backend().binding.TF_Version;
    return { tf, about: { version: `tfjs-node ${tf.version['tfjs-node']}, libtensorflow ${library} of its wheel` } };
  }
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs');
  const wasm = backend === 'wasm' ? require('@tensorflow/tfjs-backend-wasm') : undefined;
  wasm?.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep);
  await tf.setBackend(backend);
  await tf.ready();
  return { tf, about: { version: `tfjs ${tf.version.tfjs}`, threads: wasm?.getThreadsCount() ?? 1 } };
}
