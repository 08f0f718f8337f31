import type { SummaryContent } from '../console/summary-table.ts';
import type { Nest } from '../layers/nest.ts';
import type { Shape } from '../layers/shape.ts';
import type { Variable } from '../tensor/index.ts';
import type { TrainableModel } from './model.ts';

/** Options of `summary`. */
export interface SummaryOptions {
  /** Characters a line. Default 76. */
  lineLength?: number;
  /** Receives the lines. Default: `console.log`. */
  printFn?: (line: string) => void;
}

/** What a summary of a model shows. `optimizer`: its variables, once it has them. */
export function summaryContent(
  model: TrainableModel,
  outputs: readonly (Nest<Shape> | undefined)[],
  connections: readonly string[] | undefined,
  optimizer: readonly Variable[] | undefined,
): SummaryContent {
  const rows = model.layers.map((layer, i) => ({
    name: layer.name,
    className: layer.className,
    outputShape: outputs[i],
    parameters: layer.built ? layer.countParams() : undefined,
    connections: connections?.[i],
  }));
  return {
    model: model.name,
    rows,
    trainable: countOf(model.trainableWeights),
    nonTrainable: countOf(model.nonTrainableWeights),
    optimizer: optimizer && countOf(optimizer),
  };
}

const bytesPerElement: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bfloat16: 2,
  float16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

function countOf(variables: readonly Variable[]): { count: number; bytes: number } {
  const count = variables.reduce((sum, variable) => sum + variable.size, 0);
  const bytes = variables.reduce((sum, variable) => sum + variable.size * (bytesPerElement[variable.dtype] ?? 4), 0);
  return { count, bytes };
}
