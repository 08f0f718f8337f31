// Models in safetensors files: `write FOLDER` writes them with what they give, `read FOLDER` reads weights that Python wrote.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { input, layers, type Model, model, sequential, type Tensor, tensor } from '../../../ts/index.ts';

const made: Record<string, () => Model> = {
  dense: () =>
    sequential({
      layers: [
        layers.dense({ units: 4, activation: 'relu', inputShape: [3] }),
        layers.batchNormalization(),
        layers.dense({ units: 2 }),
      ],
    }),
  conv: () =>
    sequential({
      layers: [
        layers.conv2d({ filters: 3, kernelSize: 2, inputShape: [5, 5, 2] }),
        layers.depthwiseConv2d({ kernelSize: 2 }),
        layers.globalAveragePooling2d({}),
      ],
    }),
  recurrent: () =>
    sequential({
      layers: [
        layers.bidirectional({ layer: layers.lstm({ units: 2, returnSequences: true }), inputShape: [4, 3] }),
        layers.gru({ units: 3 }),
      ],
    }),
  graph: () => {
    const x = input({ shape: [4] });
    const a = layers.dense({ units: 4, activation: 'tanh' }).apply(x);
    return model({ inputs: x, outputs: layers.dense({ units: 2 }).apply(layers.add().apply([a, x])) });
  },
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);
const wave = (shape: readonly number[], step: number): Tensor =>
  tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(step * (i + 1))),
    [...shape],
  );

const [, , call, folder] = process.argv as [string, string, string, string];
for (const [name, make] of Object.entries(made)) {
  const net = make();
  const file = join(folder, `${name}.safetensors`);
  const shape = [2, ...(net.inputShape as number[]).slice(1)];
  if (call === 'write') {
    net.setWeights(net.getWeights().map((weight, i) => wave(weight.shape, 0.1 + 0.01 * i).mul(0.5).add(0.6)));
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await net.save(file);
    const x = await wave(shape, 0.3).data();
    const y = await net.predict(wave(shape, 0.3)).data();
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ shape, x: [...x], y: [...y] }));
  } else {
    const what = `safetensors: weights of ${name} that Python wrote, in hornbeam`;
    await net.loadWeights(join(folder, `${name}-python.safetensors`));
    const { y } = JSON.parse(readFileSync(join(folder, `${name}-python.json`), 'utf8')) as { y: number[] };
    const got = await net.predict(wave(shape, 0.3)).data();
    const gap = Math.max(...y.map((value, i) => Math.abs(value - (got[i] as number))));
    console.log(JSON.stringify({ what, isRight: gap < 1e-5, detail: `difference ${gap.toExponential(1)}` }));
  }
}
