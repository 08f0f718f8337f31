/** Changes of all layers, and layers made. */
let all = 0;

/** How often a layer changed, and those inside it: steps traced for another sum are out of date. */
export class Changes {
  /** From 1 on, so that a layer that joins a model changes its sum. */
  #own = 1;
  #sum = 0;
  #summedAt = -1;

  constructor() {
    // The layer may take another's place in a field.
    all += 1;
  }

  /** The layer changed. */
  mark(): void {
    this.#own += 1;
    all += 1;
  }

  /**
   * The sum over the layer and those `inside`. Every prediction asks, and looking through the fields of a model takes a microsecond, so it is
   * only done after some layer changed.
   */
  sum(inside: () => readonly { readonly version: number }[]): number {
    if (this.#summedAt !== all) {
      this.#sum = this.#own;
      for (const { version } of inside()) this.#sum += version;
      this.#summedAt = all;
    }
    return this.#sum;
  }
}
