import { checkFunction } from '../arguments.ts';
import { standardOutput, summaryLines } from '../console/index.ts';
import type { SummaryContent, SummaryRow } from '../console/summary-table.ts';
import { HornbeamError } from '../errors.ts';
import type { AnyLayer } from '../layers/layer.ts';
import { mapNest, type Nest } from '../layers/nest.ts';
import type { Shape } from '../layers/shape.ts';
import type { SymbolicTensor } from '../layers/symbolic.ts';
import type { Optimizer } from '../optimizers/optimizer.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Variable } from '../tensor/index.ts';
import type { TrainableModel } from './model.ts';
import { wholeNumber } from './training/options.ts';

/** Options of `summary`. */
export interface SummaryOptions {
  /** Characters a line. Default 76. */
  lineLength?: number;
  /** Receives the lines. Default: `console.log`. */
  printFn?: (line: string) => void;
  /** Whether the layers of models inside are listed, too. Default false. */
  expandNested?: boolean;
  /** Whether a column says which layers train. Default false. */
  showTrainable?: boolean;
}

/** Names of the options of `summary`. */
const summaryOptionNames: readonly string[] = ['lineLength', 'printFn', 'expandNested', 'showTrainable'];

/** Prints the summary of a model. @throws ConfigError for options outside their allowed values. */
export function printSummary(
  model: TrainableModel,
  outputs: readonly (Nest<Shape> | undefined)[],
  connections: readonly string[] | undefined,
  optimizer: Optimizer | undefined,
  options: SummaryOptions,
): void {
  checkOptionNames('summary', options, summaryOptionNames, '{ lineLength: 100 }');
  if (options.printFn !== undefined) checkFunction('summary', 'printFn', options.printFn);
  if (options.lineLength !== undefined) wholeNumber('summary', 'lineLength', options.lineLength, 1);
  const styled = options.printFn === undefined && standardOutput.isColoured;
  const print = options.printFn ?? ((line: string): void => console.log(line));
  const { trainableWeights } = model;
  const used = trainableWeights.length > 0 && optimizer?.isBuiltFor(trainableWeights) ? optimizer.variables : undefined;
  for (const line of summaryLines(
    summaryContent(model, outputs, connections, used, options),
    options.lineLength,
    styled,
  ))
    print(line);
}

/** What a summary of a model shows. `optimizer`: its variables, once it has them. */
function summaryContent(
  model: TrainableModel,
  outputs: readonly (Nest<Shape> | undefined)[],
  connections: readonly string[] | undefined,
  optimizer: readonly Variable[] | undefined,
  options: SummaryOptions,
): SummaryContent {
  const rows = model.layers.flatMap((layer, i) => [
    { ...rowOf(layer, ''), outputShape: outputs[i] ?? outputShapeOf(layer), connections: connections?.[i] },
    ...(options.expandNested === true ? nestedRows(layer, 1) : []),
  ]);
  return {
    model: model.name,
    rows,
    trainable: countOf(model.trainableWeights),
    nonTrainable: countOf(model.nonTrainableWeights),
    optimizer: optimizer && countOf(optimizer),
    showTrainable: options.showTrainable ?? false,
  };
}

/** What a layer gives: in its last call of a graph, else for the shape it was built for. */
function outputShapeOf(layer: AnyLayer): Nest<Shape> | undefined {
  const node = layer.inboundNodes.at(-1);
  if (node !== undefined) return mapNest<SymbolicTensor, Shape>(node.outputs, ({ shape }) => shape);
  if (!layer.built || layer.buildShape === undefined) return undefined;
  try {
    return layer.computeOutputShape(layer.buildShape);
  } catch (error) {
    // A layer that needs more than its inputs does not say.
    if (error instanceof HornbeamError) return undefined;
    throw error;
  }
}

function rowOf(layer: AnyLayer, prefix: string): SummaryRow {
  return {
    name: `${prefix}${layer.name}`,
    className: layer.className,
    outputShape: outputShapeOf(layer),
    parameters: layer.built ? layer.countParams() : undefined,
    trainable: layer.weights.length === 0 ? undefined : layer.trainable,
  };
}

function nestedRows(layer: AnyLayer, level: number): SummaryRow[] {
  const { layers = [] } = layer as { layers?: readonly AnyLayer[] };
  return layers.flatMap((inner) => [rowOf(inner, `${'   '.repeat(level)}└ `), ...nestedRows(inner, level + 1)]);
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
