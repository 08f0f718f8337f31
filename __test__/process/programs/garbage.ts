// Makes 20,000 tensors of 40 kB, 800 MB in all, and drops them; the argument says how. Prints the most bytes held at a time.
import { memory, tensor, tidy } from '../../../ts/index.ts';
import { say } from './training.ts';

const numbers = Float32Array.from({ length: 10_000 }, (_, i) => i);
const how = process.argv[2];
const before = memory().tensorBytes;
let most = 0;
for (let n = 0; n < 20_000; n++) {
  if (how === 'tidy') {
    tidy(() => tensor(numbers).add(1).dataSync());
  } else if (how === 'computed') {
    tensor(numbers).add(n).dataSync();
  } else {
    tensor(numbers);
  }
  most = Math.max(most, memory().tensorBytes - before);
}
say('most', most);
if (globalThis.gc !== undefined) {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  say('left', memory().tensorBytes - before);
}
