// What makes variables when a trace needs them.
import { StateError } from '../errors.ts';
import { native } from '../native.ts';

/**
 * Thrown when a layer that has no weights yet, or an optimizer without its state, is called inside a trace: variables are made
 * outside of traces only. Whoever began the trace ends it, builds what asked and traces again.
 */
export class BuildRequest extends StateError {
  /** Who asks. */
  readonly layer: string;
  readonly build: () => void;

  constructor(layer: string, build: () => void) {
    super(
      `${layer} has no variables yet and cannot make them inside a trace. Call it once outside of the trace (or call its build) first`,
    );
    this.layer = layer;
    this.build = build;
  }
}

/** More layers than anyone leaves to be built by a call, one after the other. */
const MOST_BUILDS = 1000;

/**
 * Runs `trace`, again after each layer that it found unbuilt has been built.
 *
 * @throws StateError when that does not end: there is a new layer to build every time.
 */
export function retryingBuilds<T>(trace: () => T): T {
  for (let builds = 0; ; builds++) {
    try {
      return trace();
    } catch (error) {
      // Inside another trace the request goes on to whoever began that one.
      if (!(error instanceof BuildRequest) || native.isTracing()) throw error;
      if (builds === MOST_BUILDS) {
        throw new StateError(
          `${error.layer} is one more of ${builds} layers that calls have made and not built. A layer that is made inside call is a new one, with new weights, every time: make it in the constructor or in build`,
        );
      }
      error.build();
    }
  }
}
