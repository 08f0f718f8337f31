import { describe, expect, it } from 'vitest';
import {
  customGrad,
  type GradSaveFunc,
  grad,
  grads,
  jit,
  scalar,
  scan,
  type Tensor,
  type TensorLike,
  tensor,
  train,
  variable,
} from '../../ts/index.ts';

const clipped = customGrad((x: Tensor) => ({ value: x.clone(), gradFunc: (dy) => dy.clipByValue(-1, 1) }));

describe('customGrad', () => {
  it('has the value of the function and the gradient that it gives', async () => {
    expect([...(await clipped([2, -3]).data())]).toEqual([2, -3]);
    expect([...(await grad((x) => clipped(x.mul(5)).mul([1, 0.25]))([2, -3]).data())]).toEqual([5, 1.25]);
  });

  it('hands over what was saved, for several arguments', async () => {
    const product = customGrad((a: Tensor, b: Tensor, save: GradSaveFunc) => {
      save([a, b]);
      return {
        value: a.mul(b),
        gradFunc: (dy: Tensor, saved: Tensor[]) => [dy.mul(saved[1] as Tensor), dy.mul(saved[0] as Tensor).mul(10)],
      };
    });
    const [da, db] = grads((a, b) => product(a, b))([
      [1, 2],
      [3, 4],
    ]);
    expect([...(await (da as Tensor).data())]).toEqual([3, 4]);
    expect([...(await (db as Tensor).data())]).toEqual([10, 20]);
  });

  it('is differentiated itself: second and third derivatives', async () => {
    const cube = customGrad((x: Tensor, save) => {
      save([x]);
      return { value: x.pow(3), gradFunc: (dy, saved) => dy.mul((saved[0] as Tensor).square().mul(3)) };
    });
    const second = grad(grad(cube as (x: Tensor) => Tensor));
    expect(await second(2).item()).toBe(12);
    expect(await grad(second)(2).item()).toBe(6);
  });

  it('works compiled, in minimize and inside scan', async () => {
    const slope = jit((x: Tensor) => grad((z: Tensor) => clipped(z.mul(7)).sum())(x));
    expect([...(await slope(tensor([1, 2])).data())]).toEqual([7, 7]);
    const w = variable([1, 1]);
    train.sgd(1).minimize(() => clipped(w.mul(0.5)).mul([100, 0.5]).sum(), [w]);
    expect([...(await w.data())]).toEqual([0.5, 0.75]);
    const through = (x: Tensor): Tensor =>
      scan((c: Tensor, row: Tensor) => [clipped(c).add(row), row], scalar(0), x)[0].mul(3);
    expect([...(await grad(through)([1, 2, 3]).data())]).toEqual([1, 1, 3]);
  });

  it('works on tensors that are computed, and on pending ones', async () => {
    const x = tensor([1, 2]);
    await x.data();
    const y = clipped(x).mul(2);
    expect([...(await y.data())]).toEqual([2, 4]);
    const total = grad((z) => clipped(z.exp()).sum())([0, 0]);
    expect([...(await total.data())]).toEqual([1, 1]);
  });

  it('says what is wrong', () => {
    const wrong = customGrad as (f: unknown) => (...xs: TensorLike[]) => Tensor;
    expect(() => wrong(3)).toThrow(/customGrad: .* must be a function/);
    expect(() => wrong((x: Tensor) => x)(1)).toThrow(/must return \{ value, gradFunc \}/);
    expect(() => wrong((x: Tensor) => ({ value: x.clone(), gradFunc: () => 3 }))(1)).toThrow(/must return tensors/);
    expect(() => wrong((x: Tensor) => ({ value: x.clone(), gradFunc: (dy: Tensor) => [dy, dy] }))(1)).toThrow(
      /one tensor for each of the 1 arguments/,
    );
    expect(() =>
      wrong((x: Tensor) => ({ value: x.clone(), gradFunc: (dy: Tensor) => dy.reshape([1, 2]) }))([1, 2]),
    ).toThrow(/argument 0 has shape \[2\], but/);
    expect(() =>
      wrong((x: Tensor) => ({
        value: x.clone(),
        gradFunc: (dy: Tensor) => {
          dy.dataSync();
          return dy;
        },
      }))([1, 2]),
    ).toThrow(/customGrad/);
    // The library still works.
    expect(scalar(1).add(1).dataSync()[0]).toBe(2);
  });
});
