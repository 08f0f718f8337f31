import { ConfigError } from '../../errors.ts';

/** Ends native work after the batch in progress, whoever asks for it: a signal, Ctrl-C, or the model's stopTraining. */
export class Interruption {
  #stop: (() => void) | undefined;
  #isTraining = false;
  #reason: unknown;
  #interrupted = false;
  readonly #release: (() => void)[] = [];

  /** @param handleSignals Whether the first SIGINT interrupts; a second one ends the process as usual. */
  constructor(signal: AbortSignal | undefined, handleSignals: boolean) {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new ConfigError(
        `signal must be an AbortSignal, such as the signal of new AbortController(), got ${signal === null ? 'null' : typeof signal}`,
      );
    }
    signal?.throwIfAborted();
    if (signal !== undefined) {
      const onAbort = (): void => this.#interrupt(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#release.push(() => signal.removeEventListener('abort', onAbort));
    }
    if (handleSignals) {
      const onSignal = (): void =>
        this.#interrupt(new DOMException('Training was interrupted by SIGINT', 'AbortError'));
      process.once('SIGINT', onSignal);
      this.#release.push(() => process.removeListener('SIGINT', onSignal));
    }
  }

  /** What is to be called to end the native work in progress, and whether that work trains. */
  onStop(stop: (() => void) | undefined, isTraining = false): void {
    this.#stop = stop;
    this.#isTraining = isTraining;
    if (this.#interrupted) stop?.();
  }

  /** Ends training in progress without an error; a validation goes on to its end. */
  stopTraining(): void {
    if (this.#isTraining) this.#stop?.();
  }

  /** @throws The signal's reason, once interrupted. */
  check(): void {
    if (this.#interrupted) throw this.#reason;
  }

  /** Lets go of signals. */
  release(): void {
    for (const release of this.#release.splice(0)) release();
  }

  #interrupt(reason: unknown): void {
    this.#interrupted = true;
    this.#reason = reason;
    this.#stop?.();
  }
}
