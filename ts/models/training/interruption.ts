import { ConfigError } from '../../errors.ts';

/** Signals that ask a process to end, and their numbers: a process that a signal ended exits with 128 and the number. */
const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that may end training. */
export type EndingSignal = keyof typeof signalNumbers;

/** Ends native work after the batch in progress, whoever asks for it: an AbortSignal, Ctrl-C, or the model's stopTraining. */
export class Interruption {
  #stop: (() => void) | undefined;
  #isTraining = false;
  #aborted: { readonly reason: unknown } | undefined;
  #received: EndingSignal | undefined;
  readonly #release: (() => void)[] = [];

  /** @param handleSignals Whether the first SIGINT or SIGTERM interrupts; a second one ends the process at once. */
  constructor(signal: AbortSignal | undefined, handleSignals: boolean) {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new ConfigError(
        `signal must be an AbortSignal, such as the signal of new AbortController(), got ${signal === null ? 'null' : typeof signal}`,
      );
    }
    signal?.throwIfAborted();
    if (signal !== undefined) {
      const onAbort = (): void => {
        this.#aborted = { reason: signal.reason };
        this.#stop?.();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#release.push(() => signal.removeEventListener('abort', onAbort));
    }
    if (handleSignals) for (const name of Object.keys(signalNumbers) as EndingSignal[]) this.#listen(name);
  }

  #listen(name: EndingSignal): void {
    const onSignal = (): void => {
      // Whoever asks twice does not want to wait for a batch, or for a file.
      if (this.#received !== undefined) process.exit(128 + signalNumbers[name]);
      this.#received = name;
      this.#stop?.();
    };
    process.on(name, onSignal);
    this.#release.push(() => process.removeListener(name, onSignal));
  }

  /** What is to be called to end the native work in progress, and whether that work trains. */
  onStop(stop: (() => void) | undefined, isTraining = false): void {
    this.#stop = stop;
    this.#isTraining = isTraining;
    if (this.isSet) stop?.();
  }

  /** Ends training in progress without an error; a validation goes on to its end. */
  stopTraining(): void {
    if (this.#isTraining) this.#stop?.();
  }

  /** Whether no further batch is to be run. */
  get isSet(): boolean {
    return this.#aborted !== undefined || this.#received !== undefined;
  }

  /** The signal of the process that ended the work; `undefined`: none. */
  get received(): EndingSignal | undefined {
    return this.#received;
  }

  /** @throws The reason of the AbortSignal, once it aborted. */
  check(): void {
    if (this.#aborted !== undefined) throw this.#aborted.reason;
  }

  /** Lets go of signals. */
  release(): void {
    for (const release of this.#release.splice(0)) release();
  }
}
