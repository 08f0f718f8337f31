// Quantiles of data that are seen in batches: every batch is summarized by values and how many numbers each stands for, summaries
// are merged and compressed. The steps, and where they round to float32, are Keras'.

/** Values, ascending, and how much each stands for. */
export interface Summary {
  readonly values: Float32Array;
  readonly weights: Float32Array;
}

/** The summary of nothing. */
export const emptySummary: Summary = { values: new Float32Array(0), weights: new Float32Array(0) };

/** About `1 / epsilon` of the numbers, equally far from each other in order. */
export function summarize(numbers: Float32Array, epsilon: number): Summary {
  const sorted = numbers.slice().sort();
  const step = Math.max(sorted.length / (1 / epsilon), 1);
  const stride = Math.trunc(step);
  const first = Math.trunc(step - 1);
  const count = Math.max(Math.ceil((sorted.length - first) / stride), 0);
  const values = Float32Array.from({ length: count }, (_, i) => sorted[first + i * stride] as number);
  return { values, weights: new Float32Array(count).fill(step) };
}

/** The summary of what both stand for. */
export function merge(a: Summary, b: Summary, epsilon: number): Summary {
  const values = [...a.values, ...b.values];
  const weights = [...a.weights, ...b.weights];
  // NaN comes last, as numpy sorts.
  const order = values
    .map((_, i) => i)
    .sort((i, j) => {
      const [x, y] = [values[i] as number, values[j] as number];
      return x < y ? -1 : x > y ? 1 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    });
  const merged = {
    values: Float32Array.from(order, (i) => values[i] as number),
    weights: Float32Array.from(order, (i) => weights[i] as number),
  };
  return compress(merged, epsilon);
}

/** The boundaries of `bins` bins that hold about as much each. */
export function boundariesOf(summary: Summary, bins: number): number[] {
  return [...compress(summary, 1 / bins).values.subarray(0, -1)];
}

/** A summary of about `1 / epsilon` values, by linear interpolation of the cumulative weights. */
function compress(summary: Summary, epsilon: number): Summary {
  const { values, weights } = summary;
  if (values.length * epsilon < 1) return summary;
  const cumulative = new Float32Array(weights.length);
  for (let i = 0; i < weights.length; i++) cumulative[i] = (cumulative[i - 1] ?? 0) + (weights[i] as number);
  const total = cumulative.at(-1) as number;
  const shares = cumulative.map((weight) => weight / total);
  const wanted = Array.from({ length: Math.ceil(1 / epsilon) }, (_, i) => epsilon + i * epsilon);
  const sums = wanted.map((share) => interpolate(share, shares, cumulative));
  return {
    values: Float32Array.from(wanted, (share) => interpolate(share, shares, values)),
    weights: Float32Array.from(sums, (sum, i) => sum - (sums[i - 1] ?? 0)),
  };
}

/** The piecewise linear function through `(xs[i], ys[i])` at `x`, constant beyond both ends. */
function interpolate(x: number, xs: Float32Array, ys: Float32Array): number {
  const last = xs.length - 1;
  if (x < (xs[0] as number)) return ys[0] as number;
  if (x >= (xs[last] as number)) return ys[last] as number;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) <= x) low = middle;
    else high = middle;
  }
  const [x0, y0] = [xs[low] as number, ys[low] as number];
  if (x === x0) return y0;
  const slope = ((ys[low + 1] as number) - y0) / ((xs[low + 1] as number) - x0);
  return slope * (x - x0) + y0;
}
