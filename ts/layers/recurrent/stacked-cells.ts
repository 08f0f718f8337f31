import { checkConfig, checkList, received } from '../../arguments.ts';
import { ConfigError } from '../../errors.ts';
import type { Tensor } from '../../tensor/index.ts';
import type { Tree } from '../../tensor/tree.ts';
import { innerLayer, serializedLayer } from '../inner-layers.ts';
import type { LayerConfig } from '../layer.ts';
import type { Nest } from '../nest.ts';
import { needed } from '../options.ts';
import type { LayerClasses } from '../registry.ts';
import type { Shape } from '../shape.ts';
import { type CellCallOptions, type CellRun, checkStates, RNNCell } from './cell.ts';

/** Options of {@link StackedRNNCells}. */
export interface StackedRNNCellsConfig extends LayerConfig {
  /** The cells, the lowest first. */
  cells: readonly RNNCell[];
}

/**
 * Cells on top of each other as one cell: each takes the output of the one below, the output is the last one's.
 *
 * The states are a list of the cells' states: `[[h, c], [h, c]]` for two LSTM cells.
 *
 * @example
 * layers.rnn({ cell: layers.stackedRNNCells({ cells: [layers.gruCell({ units: 8 }), layers.gruCell({ units: 4 })] }) })
 */
export class StackedRNNCells extends RNNCell {
  static override readonly className: string = 'StackedRNNCells';
  static override readonly optionNames: readonly string[] = ['cells'];
  readonly cells: readonly RNNCell[];

  /** @throws ConfigError unless there are cells. */
  constructor(config: StackedRNNCellsConfig) {
    super(needed('StackedRNNCells', config));
    this.cells = checkList(this.label, 'cells', config.cells);
    for (const cell of this.cells) {
      if (!(cell instanceof RNNCell)) {
        throw new ConfigError(
          `${this.label}: every cell must be one such as layers.lstmCell({ units: 8 }), got ${received(cell)}`,
        );
      }
    }
    if (this.cells.length === 0) throw new ConfigError(`${this.label}: there are no cells`);
  }

  get #last(): RNNCell {
    return this.cells.at(-1) as RNNCell;
  }

  override get stateSize(): Nest<number> {
    return this.cells.map(({ stateSize }) => stateSize);
  }

  override get outputSize(): number {
    return this.#last.outputSize;
  }

  override get inputRank(): number | undefined {
    return this.cells[0]?.inputRank;
  }

  override getInitialState(batchSize: number): Tree {
    return this.cells.map((cell) => cell.getInitialState(batchSize));
  }

  override outputOf(states: Tree): Tensor | undefined {
    return this.#last.outputOf((states as readonly Tree[]).at(-1) as Tree);
  }

  override build(inputShape: Shape): void {
    let shape = inputShape;
    for (const cell of this.cells) {
      cell.build(shape);
      shape = [inputShape[0] ?? null, cell.outputSize];
    }
  }

  override checkInput(shape: Shape): void {
    this.cells[0]?.checkInput(shape);
  }

  override begin(shape: readonly number[], training: boolean): CellRun {
    const [batch] = shape as [number];
    const runs = this.cells.map((cell, i) =>
      cell.begin(i === 0 ? shape : [batch, (this.cells[i - 1] as RNNCell).outputSize], training),
    );
    return {
      // Only the lowest cell's inputs are known before the first step.
      project: (inputs) => (runs[0] as CellRun).project(inputs),
      step: (projected, states) => {
        let output = projected;
        const after = runs.map((run, i): Tree => {
          const [given, next] = run.step(
            i === 0 ? output : run.project(output),
            (states as readonly Tree[])[i] as Tree,
          );
          output = given;
          return next;
        });
        return [output, after];
      },
    };
  }

  override call(inputs: Tensor, { states, training }: CellCallOptions): readonly [Tensor, Tree] {
    const initial = this.getInitialState(inputs.shape[0] as number);
    const before = states === undefined ? initial : checkStates(this.label, 'states', states, initial, this.dtype);
    const { project, step } = this.begin(inputs.shape, training);
    return step(project(inputs), before);
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), cells: this.cells.map(serializedLayer) };
  }

  /**
   * Cells of a configuration, with new weights.
   *
   * @param custom Classes of cells of your own by their `className`.
   * @throws ConfigError for an unknown class.
   */
  static override fromConfig(config: Record<string, unknown>, custom: LayerClasses = {}): StackedRNNCells {
    checkConfig('StackedRNNCells.fromConfig', config);
    const cells = checkList('StackedRNNCells.fromConfig', 'cells', config.cells as readonly unknown[]);
    return new StackedRNNCells({ ...config, cells: cells.map((entry) => innerLayer(entry, custom) as RNNCell) });
  }
}
