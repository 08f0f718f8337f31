import { received } from '../../arguments.ts';
import { ShapeError } from '../../errors.ts';
import { checkRank, needed, positiveInteger } from '../options.ts';
import { type Shape, shown } from '../shape.ts';
import { GatedCell, type GatedCellConfig } from './gated-cell.ts';

/** Options of cells whose states are vectors. */
export interface UnitsCellConfig extends GatedCellConfig {
  /** Size of the output and of each state. */
  units: number;
}

/** What the cells whose states are vectors share: inputs `[batch, features]`, states and output `[batch, units]`. */
export abstract class UnitsCell extends GatedCell {
  readonly units: number;

  /** @throws ConfigError for options outside their allowed values. */
  constructor(config: UnitsCellConfig) {
    super(needed(new.target.className, config));
    this.units = positiveInteger(this.label, 'units', config.units);
  }

  override get inputRank(): number {
    return 2;
  }

  override checkInput(shape: Shape): void {
    checkRank(this.label, shape, 2, '[batch, features]');
    const features = this.kernel?.shape[0];
    if (features !== undefined && shape[1] !== features) {
      throw new ShapeError(
        `${this.label} expects ${features} input features but got ${received(shape[1])} (shape of a step ${shown(shape)})`,
      );
    }
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), units: this.units };
  }
}
