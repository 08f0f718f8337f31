import { expect, it } from 'vitest';
import * as tf from '../../ts/index.ts';

it('a program of TensorFlow.js starts: ready, setBackend, env, nextFrame', async () => {
  await tf.ready();
  expect(await tf.setBackend('cpu')).toBe(true);
  await expect(tf.setBackend('nobody')).rejects.toThrow(/one native engine/);
  expect(tf.getBackend()).toBe('hornbeam');
  expect(tf.backend().epsilon()).toBe(1e-7);
  expect(tf.backend().floatPrecision()).toBe(32);
  tf.enableProdMode();
  tf.disableDeprecationWarnings();
  tf.env().set('DEBUG', true);
  expect(tf.env().getBool('DEBUG')).toBe(true);
  expect(tf.env().getFlags()).toEqual({ DEBUG: true });
  tf.env().reset();
  expect(tf.env().get('DEBUG')).toBeUndefined();
  expect(tf.env().getNumber('DEBUG')).toBe(0);
  await tf.nextFrame();
});

it('time and profile wait for the numbers', async () => {
  const { wallMs, kernelMs } = await tf.time(() => [tf.ones([10, 10]).sum()]);
  expect(wallMs).toBeGreaterThanOrEqual(0);
  expect(kernelMs).toBe(wallMs);
  const { result, newTensors, newBytes, peakBytes } = await tf.profile(() => tf.ones([1000]).add(1));
  expect(await result.sum().item()).toBe(2000);
  expect(newTensors).toBeTypeOf('number');
  expect(newBytes).toBeTypeOf('number');
  expect(peakBytes).toBeGreaterThan(0);
});

it('a buffer is written element by element', () => {
  const b = tf.buffer([2, 3], 'int32');
  b.set(5, 1, 2);
  b.set(-1, 0, 1);
  expect(b.get(1, 2)).toBe(5);
  expect(b.locToIndex([1, 2])).toBe(5);
  expect(b.indexToLoc(5)).toEqual([1, 2]);
  expect(b.rank).toBe(2);
  expect(b.toTensor().arraySync()).toEqual([
    [0, -1, 0],
    [0, 0, 5],
  ]);
  expect(() => b.set(1, 2, 0)).toThrow(/place \[2, 0\] is outside of shape \[2, 3\]/);
  expect(() => tf.buffer([2], 'float32', new Float32Array(3))).toThrow(/holds 2 values, but 3/);
  expect(tf.buffer([], 'float32').get()).toBe(0);
  const own = tf.tensor([1, 2]).bufferSync();
  own.set(9, 0);
  expect(own.toTensor().arraySync()).toEqual([9, 2]);
});

it('methods that only convert', async () => {
  const x = tf.tensor([1, 2, 3, 4]);
  expect(x.as2D(2, 2).shape).toEqual([2, 2]);
  expect(x.as3D(1, 2, 2).as1D().shape).toEqual([4]);
  expect(x.as4D(1, 1, 2, 2).shape).toEqual([1, 1, 2, 2]);
  expect(x.as5D(1, 1, 1, 2, 2).rank).toBe(5);
  expect(x.reshapeAs(tf.zeros([4, 1])).shape).toEqual([4, 1]);
  expect(tf.tensor([[3]]).asScalar().rank).toBe(0);
  expect(() => x.asScalar()).toThrow(/one element/);
  expect(x.zerosLike().add(x.onesLike()).arraySync()).toEqual([1, 1, 1, 1]);
  const w = x.variable(true, 'made_of_x');
  expect(w).toBeInstanceOf(tf.Variable);
  expect(w.name).toBe('made_of_x');
  expect(new Float32Array((await x.bytes()).slice().buffer)).toEqual(Float32Array.from([1, 2, 3, 4]));
  expect((await x.buffer()).get(3)).toBe(4);
  expect(tf.ensureShape(x, [null])).toBe(x);
  expect(() => tf.ensureShape(x, [2, 2])).toThrow(/expected \[2, 2\], got \[4\]/);
  const copy = tf.clone(x);
  x.dispose();
  expect(() => x.throwIfDisposed()).toThrow(/was disposed/);
  expect(copy.arraySync()).toEqual([1, 2, 3, 4]);
  expect(tf.tensor5d([1], [1, 1, 1, 1, 1]).rank + tf.tensor6d([1], [1, 1, 1, 1, 1, 1]).rank).toBe(11);
});

it('a step that nobody awaits comes before the next read', async () => {
  const w = tf.variable([0]);
  const step = tf.jit(() => w.assign(w.add(1)).read());
  for (let i = 1; i <= 20; i++) {
    step();
    expect(w.dataSync()[0]).toBe(i);
  }
  step();
  w.assign([100]);
  expect((await w.data())[0]).toBe(100);
});
