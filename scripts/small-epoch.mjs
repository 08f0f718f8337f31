// One epoch of a small convolutional net on 2,000 digits, by the installed package: what test-addon-arm64.sh runs in the folder
// of a user. Ends with code 1 when nothing was learned. Few images, since an emulated processor computes slowly.
import { datasets, layers, sequential, setSeed } from 'hornbeam';

setSeed(1);
const { train, test } = await datasets.mnist();
const model = sequential();
model.add(layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }));
model.add(layers.maxPooling2d({ poolSize: 2 }));
model.add(layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }));
model.add(layers.maxPooling2d({ poolSize: 2 }));
model.add(layers.flatten());
model.add(layers.dropout({ rate: 0.1 }));
model.add(layers.dense({ units: 10, activation: 'softmax' }));
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });

const images = (set, count) => [set.x.slice(0, count).div(255), set.y.slice(0, count)];
const history = await model.fit(...images(train, 2000), { batchSize: 16, epochs: 1, verbose: 0 });
const { loss, accuracy } = await model.evaluate(...images(test, 1000), { verbose: 0 });
console.log(
  `training: loss ${history.history.loss?.[0]?.toFixed(4)}, accuracy ${history.history.accuracy?.[0]?.toFixed(4)}`,
);
console.log(`1,000 test images: loss ${loss?.toFixed(4)}, accuracy ${accuracy?.toFixed(4)}`);
if (!(accuracy > 0.7)) process.exit(1);
