// `tf.math` of TensorFlow.js.
export { confusionMatrix } from '../ops/index.ts';
