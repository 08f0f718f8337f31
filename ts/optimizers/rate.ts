import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';
import { isTracing, scalar, Variable } from '../tensor/index.ts';

/** A learning rate that can be set: the variable that steps read, and its number for JavaScript. */
export class SettableRate {
  readonly variable: Variable;
  readonly #owner: string;
  #number: number;
  #version: number;

  /** @throws ConfigError for what is no finite number. */
  constructor(owner: string, value: unknown) {
    this.#owner = owner;
    this.#number = this.#checked(value);
    this.variable = new Variable(scalar(this.#number), false, 'learning_rate');
    this.#version = this.variable.cell.version;
  }

  get value(): number {
    // Files and checkpoints set the variable itself.
    const { version } = this.variable.cell;
    if (version !== this.#version && !isTracing()) {
      this.#number = this.variable.dataSync()[0] as number;
      this.#version = version;
    }
    return this.#number;
  }

  /** @throws ConfigError for what is no finite number. */
  set(value: unknown): void {
    this.#number = this.#checked(value);
    this.variable.assign(scalar(this.#number));
    this.#version = this.variable.cell.version;
  }

  #checked(value: unknown): number {
    if (typeof value === 'number' && Number.isFinite(value)) return Math.fround(value);
    throw new ConfigError(`${this.#owner}: learningRate must be a finite number, got ${received(value)}`);
  }
}
