const random = 'its numbers are random: __test__/ops/random.test.ts';
const own = 'no operation: it has tests of its own';
const network = 'takes functions: __test__/ops/recurrent.test.ts';

/** Functions of TensorFlow.js that have no differential case, and why. */
export const withoutCases: Readonly<Record<string, string>> = {
  // Random numbers.
  dropout: random,
  multinomial: random,
  rand: random,
  randomGamma: random,
  randomNormal: random,
  randomStandardNormal: random,
  randomUniform: random,
  randomUniformInt: random,
  truncatedNormal: random,
  // Functions of functions.
  customGrad: own,
  grad: own,
  grads: own,
  input: own,
  model: own,
  valueAndGrad: own,
  valueAndGrads: own,
  variableGrads: own,
  multiRNNCell: network,
  // Life time, settings, objects.
  backend: own,
  buffer: own,
  disableDeprecationWarnings: own,
  dispose: own,
  disposeVariables: own,
  enableProdMode: own,
  env: own,
  getBackend: own,
  keep: own,
  memory: own,
  nextFrame: own,
  print: own,
  profile: own,
  ready: own,
  sequential: own,
  setBackend: own,
  tidy: own,
  time: own,
  variable: own,
  // Complex numbers are pairs here.
  fft: 'pairs of real tensors: __test__/ops/spectral.test.ts',
  ifft: 'pairs of real tensors: __test__/ops/spectral.test.ts',
  rfft: 'pairs of real tensors: __test__/ops/spectral.test.ts',
  irfft: 'pairs of real tensors: __test__/ops/spectral.test.ts',
  'spectral.fft': 'pairs of real tensors: __test__/ops/spectral.test.ts',
  'spectral.ifft': 'pairs of real tensors: __test__/ops/spectral.test.ts',
  'spectral.rfft': 'pairs of real tensors: __test__/ops/spectral.test.ts',
  'spectral.irfft': 'pairs of real tensors: __test__/ops/spectral.test.ts',
  'signal.stft': 'pairs of real tensors: __test__/ops/spectral.test.ts',
  'linalg.qr': 'factors differ in sign: __test__/ops/linalg.test.ts',
};
