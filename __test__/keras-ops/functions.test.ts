import { describe, expect, it } from 'vitest';
import { grad, ops, random, scalar, setSeed, type Tensor, tensor, variable } from '../../ts/index.ts';

const list = (x: Tensor): number[] => Array.from(x.dataSync(), (v) => Number(v.toFixed(5)));

describe('what goldens cannot show', () => {
  it('sparsemax is the nearest point of the simplex', () => {
    expect(list(ops.sparsemax([1, 2, 1.5]))).toEqual([0, 0.75, 0.25]);
    expect(
      list(
        ops.sparsemax([
          [0, 0],
          [3, 0],
        ]),
      ),
    ).toEqual([0.5, 0.5, 1, 0]);
  });

  it('rot90 twice is both reversed; vstack makes rows of vectors', () => {
    expect(
      ops
        .rot90(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          2,
        )
        .arraySync(),
    ).toEqual([
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expect(ops.vstack([tensor([1, 2]), tensor([3, 4])]).arraySync()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(ops.pad(tensor([[1]]), [[1, 0]]).arraySync()).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(ops.correlate([1, 2, 3], [0, 1, 0.5, 2, 1], 'same').arraySync()).toEqual(
      [4, 7.5, 8, 3.5, 3].map((v) => expect.closeTo(v, 5)),
    );
  });

  it('control flow: cond, scan, whileLoop, foriLoop, map, switch, associativeScan', () => {
    expect(
      list(
        ops.cond(
          scalar(true),
          () => scalar(1),
          () => scalar(2),
        ),
      ),
    ).toEqual([1]);
    const [total, sums] = ops.scan((c: Tensor, x: Tensor) => [c.add(x), c.add(x)], scalar(0), tensor([1, 2, 3]));
    expect([list(total), list(sums)]).toEqual([[6], [1, 3, 6]]);
    const [n] = ops.whileLoop(
      (x) => x.less(100),
      (x) => [x.mul(2)],
      [scalar(1)],
    ) as [Tensor];
    expect(list(n)).toEqual([128]);
    expect(
      list(
        ops.whileLoop(
          (x) => x.less(100),
          (x) => x.mul(2),
          [scalar(1)],
          3,
        )[0] as Tensor,
      ),
    ).toEqual([8]);
    expect(list(ops.foriLoop(1, 4, (i, s: Tensor) => s.add(i.toFloat()), scalar(0)))).toEqual([6]);
    expect(
      list(
        ops.map(
          (x: Tensor) => x.sum(),
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual([3, 7]);
    expect(list(ops.switch(1, [(x: Tensor) => x, (x: Tensor) => x.neg()], scalar(3)))).toEqual([-3]);
    expect(list(ops.associativeScan((a: Tensor, b: Tensor) => a.add(b), tensor([1, 2, 3])))).toEqual([1, 3, 6]);
  });

  it('getItem, isTensor, shapes', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(ops.getItem(x, [null, -1]).arraySync()).toEqual([3, 6]);
    expect(ops.getItem(x, 1).arraySync()).toEqual([4, 5, 6]);
    expect(() => ops.getItem(x, [2])).toThrow(/outside of axis 0 of size 2/);
    expect([ops.isTensor(x), ops.isTensor(variable([1])), ops.isTensor([1])]).toEqual([true, true, false]);
    expect([ops.ndim(x), ops.size(x), ops.dtype(x), [...ops.shape(x)]]).toEqual([2, 6, 'float32', [2, 3]]);
  });

  it('attention looks only where it may', () => {
    const value = tensor([1, 2, 3], [1, 3, 1, 1]);
    const zeros = tensor([0, 0, 0], [1, 3, 1, 1]);
    expect(list(ops.dotProductAttention(zeros, zeros, value, { isCausal: true }))).toEqual([1, 1.5, 2]);
    const mask = tensor([true, false, true], [1, 1, 1, 3]);
    expect(list(ops.dotProductAttention(zeros, zeros, value, { mask }))).toEqual([2, 2, 2]);
  });

  it('istft undoes stft', () => {
    const signal = tensor(Array.from({ length: 64 }, (_, i) => Math.sin(i)));
    const back = ops.istft(ops.stft(signal, 16, 4, 16), 16, 4, 16);
    expect(back.shape).toEqual([64]);
    expect(back.sub(signal).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  });

  it('gradients go through', () => {
    expect(list(grad((x) => ops.nansum(x))([1, Number.NaN, 2]))).toEqual([1, 0, 1]);
    expect(list(grad((x) => ops.clip(x, -1, 1).sum())([0.5, 2]))).toEqual([1, 0]);
    expect(list(grad((x) => ops.diff(x).square().sum())([1, 2, 4]))).toEqual([-2, -2, 4]);
  });

  it('random numbers follow their seed, or setSeed', () => {
    for (const draw of [
      (seed?: number) => random.uniform([4], 0, 1, null, seed),
      (seed?: number) => random.normal([4], 0, 1, null, seed),
      (seed?: number) => random.truncatedNormal([4], 0, 1, null, seed),
      (seed?: number) => random.randint([4], 0, 100, 'int32', seed),
      (seed?: number) => random.gamma([4], 2, null, seed),
      (seed?: number) => random.beta([4], 2, 3, null, seed),
      (seed?: number) => random.binomial([4], 20, 0.5, null, seed),
      (seed?: number) => random.shuffle(ops.arange(20), 0, seed),
      (seed?: number) => random.categorical([[0, 0, 0]], 12, 'int32', seed),
      (seed?: number) => random.dropout(ops.full([20], 1), 0.5, null, seed),
    ]) {
      expect(list(draw(7))).toEqual(list(draw(7)));
      setSeed(3);
      const first = list(draw());
      const second = list(draw());
      setSeed(3);
      expect(list(draw())).toEqual(first);
      expect(second).not.toEqual(first);
    }
  });

  it('say what was wrong', () => {
    expect(() => ops.bincount([1], null, -1)).toThrow(/minlength must be a whole number/);
    expect(() => ops.fft([1] as never)).toThrow(/fft takes \[real, imag\]/);
    expect(() => ops.geomspace(-1, 1)).toThrow(/one sign/);
    expect(() => ops.scatterUpdate([1], [[0]], [1], 'mean' as never)).toThrow(/reduction must be/);
    expect(() => ops.correlate([1], [1], 'all' as never)).toThrow(/mode must be/);
    expect(() => ops.conv(tensor([[1]]), [[1]])).toThrow(/rank 3 to/);
    expect(() => ops.image.cropImages(ops.full([3, 3, 1], 1), 1, 1)).toThrow(/give two of three/);
    expect(() => ops.maxPool(ops.full([1, 4, 1], 1), 2, 2, 'valid', 'NCHW')).toThrow(/dataFormat must be/);
  });
});
