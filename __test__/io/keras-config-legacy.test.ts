import { describe, expect, test } from 'vitest';
import { type Model, type SymbolicTensor, tensor } from '../../ts/index.ts';
import { compileFromLegacy, modelFromKeras, modelFromLegacy, modelToKeras } from '../../ts/io/keras-config/index.ts';
import { flattenNest, type Nest } from '../../ts/layers/nest.ts';
import { asJSON, fixture } from './config-fixtures.ts';
import { ownObjects } from './own-objects.ts';

interface Written {
  readonly name: string;
  readonly topology: { readonly class_name: string; readonly config: Record<string, unknown> };
  readonly training: unknown;
  readonly weights: number[][] | null;
  readonly outputs: (number | null)[][] | null;
}

const { models } = fixture<{ models: Written[] }>('legacy');

describe('models of Keras 2', () => {
  test.each(models.map((one) => [one.name, one] as const))('%s', (_, { topology, training, weights, outputs }) => {
    const model = modelFromLegacy('legacy.h5', topology, ownObjects) as unknown as Model;
    expect(model.built).toBe(weights !== null);
    if (weights !== null) expect(model.weights.map(({ shape }) => [...shape]).sort()).toEqual([...weights].sort());
    if (outputs !== null) {
      const given = flattenNest(model.outputs as Nest<SymbolicTensor>).map(({ shape }) => [...shape]);
      expect(given).toEqual(outputs);
    }
    compileFromLegacy('legacy.h5', model as never, training, ownObjects);
    expect(model.isCompiled).toBe(training !== null && training !== undefined);
    const modern = asJSON(modelToKeras(model as never));
    expect(asJSON(modelFromKeras('modern', modern, ownObjects))).toEqual(asJSON(model));
  });
});

test('the hard sigmoid of Keras 2 is its own', async () => {
  const config = {
    name: 'old',
    layers: [{ class_name: 'Activation', config: { activation: 'hard_sigmoid', batch_input_shape: [null, 3] } }],
  };
  const model = modelFromLegacy('old.h5', { class_name: 'Sequential', config }) as unknown as Model;
  expect([...(await model.predict(tensor([[-3, 1, 2]])).data())].map((x) => Math.round(x * 100) / 100)).toEqual([
    0, 0.7, 0.9,
  ]);
});
