import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { layers, Sequential } from '../../ts/index.ts';

test('the console shows a line a layer or model', () => {
  const dense = layers.dense({ units: 3, inputShape: [1200], name: 'head' });
  expect(inspect(dense)).toBe('Dense "head" (not built)');
  const model = new Sequential({ name: 'small', layers: [dense, layers.dropout({ rate: 0.1, name: 'drop' })] });
  expect(inspect(model)).toBe('Sequential "small" (2 layers, 3,603 parameters)');
  expect(inspect(model.layers[0])).toBe('Dense "head" (3,603 parameters)');
});
