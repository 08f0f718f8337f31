// The calls of layers in progress.

/** What each was told about training, by its caller or by a layer around it; innermost last. */
const told: (boolean | undefined)[] = [];
/** Number of the outermost call in progress, or of the last one: what `addLoss` was told in it belongs together. */
let callNumber = 0;

/** Number that the next outermost call of a layer will have, for `addedLosses`. @internal */
export function nextCall(): number {
  return callNumber + 1;
}

/** Number of the outermost call in progress, or of the last one. @internal */
export function lastCall(): number {
  return callNumber;
}

/**
 * `training` as a layer that was called with it passes it on to those inside. It is left out when no caller said anything: then it is false,
 * but calls inside a graph may have been told something else. @internal
 */
export function passedOn(training: boolean): { readonly training?: boolean } {
  return training || told.at(-1) !== undefined ? { training } : {};
}

/** Runs `f` as a call that was told `wanted`, else what the call around it was told. @internal */
export function inCall<R>(wanted: boolean | undefined, f: (training: boolean) => R): R {
  if (told.length === 0) callNumber += 1;
  const training = wanted ?? told.at(-1);
  told.push(training);
  try {
    return f(training ?? false);
  } finally {
    told.pop();
  }
}
