import { HornbeamError, ShapeError } from '../../errors.ts';
import { flattenNest, mapNest, type Nest } from '../../layers/nest.ts';
import { isSpec, type Shape, shown, type TensorSpec } from '../../layers/shape.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { TrainableModel } from '../model.ts';
import type { DataPlaces, Places } from './data.ts';

/** Where the data of a model go, as far as it says. */
export function placesOf({ inputSpecs, inputNames, outputs, outputNames }: TrainableModel): DataPlaces {
  const places = (template: Nest<unknown> | undefined, names: readonly string[] | undefined): Places | undefined =>
    names === undefined || names.length === 0 ? undefined : { template: template ?? null, names };
  return {
    inputs: places(inputSpecs && mapNest<TensorSpec, null>(inputSpecs, () => null, isSpec), inputNames),
    outputs: places(outputs, outputNames),
  };
}

/**
 * Builds a model for these samples, or checks that they have the shape it was built for. `isFree`: the model steps in its own way, and its
 * data may not be what `call` takes; the step then builds the layers that it calls.
 */
export function prepareFor(model: TrainableModel, x: Nest<Tensor>, what: string, isFree: boolean): void {
  if (!model.built) {
    try {
      model.build(mapNest<Tensor, Shape>(x, ({ shape }) => [null, ...shape.slice(1)]));
    } catch (error) {
      if (!isFree || !(error instanceof HornbeamError)) throw error;
    }
  }
  checkData(model, x, what);
}

/** @throws ShapeError unless the data have the shapes that the model was built for. */
function checkData(model: TrainableModel, x: Nest<Tensor>, what: string): void {
  if (model.inputSpecs === undefined) return;
  const given = flattenNest<Tensor>(x);
  mapNest<TensorSpec, void>(
    model.inputSpecs,
    ({ shape: expected }, i) => {
      const { shape } = given[i] as Tensor;
      const fits =
        expected.length === shape.length &&
        expected.every((size, axis) => axis === 0 || size === null || size === shape[axis]);
      if (fits) return;
      const which = given.length > 1 ? ` "${model.inputNames?.[i]}"` : '';
      throw new ShapeError(
        `${model.label} expects inputs of shape ${shown(expected)} but got ${shown(shape)} (${what}${which}).${hintFor(expected, shape)}`,
      );
    },
    isSpec,
  );
}

/** The likely mistake: a single sample without its batch, or images without their channel. */
function hintFor(expected: Shape, got: readonly number[]): string {
  const sample = expected.slice(1);
  const same = (a: Shape, b: Shape): boolean =>
    a.length === b.length && a.every((size, i) => size === null || size === b[i]);
  if (same(sample, got)) return ' One sample needs a batch axis: x.expandDims(0)';
  if (sample.at(-1) === 1 && same(sample.slice(0, -1), got.slice(1)))
    return ' The channels are missing: x.expandDims(-1)';
  return '';
}
