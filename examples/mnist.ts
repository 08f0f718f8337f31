// Trains a small convolutional network on MNIST: npx tsx examples/mnist.ts (SEED=2 EPOCHS=1 to vary it).
import { datasets, layers, sequential, setSeed } from 'hornbeam';

setSeed(Number(process.env.SEED ?? 1));
const { train, test } = await datasets.mnist(); // uint8 images [60000, 28, 28, 1], int32 labels

const model = sequential();
model.add(layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }));
model.add(layers.maxPooling2d({ poolSize: 2 }));
model.add(layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }));
model.add(layers.maxPooling2d({ poolSize: 2 }));
model.add(layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }));
model.add(layers.flatten());
model.add(layers.dense({ units: 64, activation: 'relu' }));
model.add(layers.dense({ units: 10, activation: 'softmax' }));
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
model.summary();

const epochs = Number(process.env.EPOCHS ?? 5);
const { interruptedBy } = await model.fit(train.x.div(255), train.y, { epochs, handleSignals: true });
if (interruptedBy !== undefined) {
  console.log('Training was interrupted.');
  process.exit(130);
}

const { loss, accuracy } = await model.evaluate(test.x.div(255), test.y, { verbose: 0 });
console.log(`test loss ${loss.toFixed(4)} - test accuracy ${accuracy?.toFixed(4)}`);

const predicted = await model.predict(test.x.slice(0, 10).div(255)).argMax(-1).data();
const labels = await test.y.slice(0, 10).data();
for (const [i, digit] of predicted.entries()) console.log(`image ${i}: predicted ${digit}, label ${labels[i]}`);
