import { received } from '../../arguments.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { shown } from '../../tensor/axes.ts';
import { type TensorLike, toTensor } from '../../tensor/convert.ts';
import { scalar, tensor } from '../../tensor/create.ts';
import type { Tensor } from '../../tensor/tensor.ts';

type Numbers = ArrayLike<number>;

interface Limits {
  maxOutputSize: number;
  iouThreshold: number;
  scoreThreshold: number;
  /** Standard deviation of the soft form; 0 for the plain one. */
  sigma: number;
}

interface Candidate {
  box: number;
  score: number;
  /** Boxes selected before this one was last weighed against them. */
  seen: number;
}

/** Area of the intersection of two boxes by that of their union; 0 where a box has none. */
function overlap(boxes: Numbers, a: number, b: number): number {
  const side = (box: number, axis: number): [number, number] => {
    const from = boxes[box * 4 + axis] as number;
    const to = boxes[box * 4 + axis + 2] as number;
    return from < to ? [from, to] : [to, from];
  };
  let [areaA, areaB, common] = [1, 1, 1];
  for (const axis of [0, 1]) {
    const [fromA, toA] = side(a, axis);
    const [fromB, toB] = side(b, axis);
    areaA *= toA - fromA;
    areaB *= toB - fromB;
    common *= Math.max(Math.min(toA, toB) - Math.max(fromA, fromB), 0);
  }
  return areaA <= 0 || areaB <= 0 ? 0 : common / (areaA + areaB - common);
}

/** Puts a candidate where it belongs: ascending scores, of equal ones the later box first. */
function insert(candidates: Candidate[], one: Candidate): void {
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = candidates[middle] as Candidate;
    if (other.score < one.score || (other.score === one.score && other.box > one.box)) low = middle + 1;
    else high = middle;
  }
  candidates.splice(low, 0, one);
}

/** The selected boxes and their scores, best first. */
function select(boxes: Numbers, scores: Numbers, limits: Limits): { indices: number[]; scores: number[] } {
  const candidates: Candidate[] = [];
  for (let box = 0; box < scores.length; box++) {
    const score = scores[box] as number;
    if (score > limits.scoreThreshold) candidates.push({ box, score, seen: 0 });
  }
  candidates.sort((a, b) => a.score - b.score || b.box - a.box);
  const scale = limits.sigma > 0 ? -0.5 / limits.sigma : 0;
  const result = { indices: [] as number[], scores: [] as number[] };
  while (result.indices.length < limits.maxOutputSize) {
    const best = candidates.pop();
    if (best === undefined) break;
    const before = best.score;
    let dropped = false;
    for (let at = result.indices.length - 1; at >= best.seen && !dropped; at--) {
      const iou = overlap(boxes, best.box, result.indices[at] as number);
      if (iou >= limits.iouThreshold) dropped = true;
      else best.score *= Math.exp(scale * iou * iou);
      dropped ||= best.score <= limits.scoreThreshold;
    }
    best.seen = result.indices.length;
    if (dropped) continue;
    if (best.score === before) {
      result.indices.push(best.box);
      result.scores.push(best.score);
    } else {
      insert(candidates, best);
    }
  }
  return result;
}

function checked(
  name: string,
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold: number,
  scoreThreshold: number,
  sigma = 0,
): { boxes: Tensor; scores: Tensor; limits: Limits } {
  const corners = toTensor(boxes, 'float32');
  const values = toTensor(scores, 'float32');
  if (corners.rank !== 2 || corners.shape[1] !== 4 || values.rank !== 1 || values.shape[0] !== corners.shape[0]) {
    throw new ShapeError(
      `${name} needs boxes [n, 4] and scores [n], got ${shown(corners.shape)} and ${shown(values.shape)}`,
    );
  }
  const isShare = typeof iouThreshold === 'number' && iouThreshold >= 0 && iouThreshold <= 1;
  if (!Number.isInteger(maxOutputSize) || maxOutputSize < 0 || !isShare) {
    throw new ConfigError(
      `${name}: maxOutputSize must be a whole number and iouThreshold from 0 to 1, got ${received(maxOutputSize)} and ${received(iouThreshold)}`,
    );
  }
  if (
    typeof sigma !== 'number' ||
    !(sigma >= 0) ||
    typeof scoreThreshold !== 'number' ||
    Number.isNaN(scoreThreshold)
  ) {
    throw new ConfigError(
      `${name}: scoreThreshold must be a number and softNmsSigma from 0 on, got ${received(scoreThreshold)} and ${received(sigma)}`,
    );
  }
  return { boxes: corners, scores: values, limits: { maxOutputSize, iouThreshold, scoreThreshold, sigma } };
}

type Checked = ReturnType<typeof checked>;

function selectSync({ boxes, scores, limits }: Checked): ReturnType<typeof select> {
  return select(boxes.dataSync(), scores.dataSync(), limits);
}

async function selectLater({ boxes, scores, limits }: Checked): Promise<ReturnType<typeof select>> {
  const [corners, values] = await Promise.all([boxes.data(), scores.data()]);
  return select(corners, values, limits);
}

function indicesOf(found: ReturnType<typeof select>): Tensor {
  return tensor(Int32Array.from(found.indices), [found.indices.length], 'int32');
}

/** What the forms with scores give. */
export interface ScoredSelection {
  selectedIndices: Tensor;
  selectedScores: Tensor;
}

/** What the padded forms give. */
export interface PaddedSelection {
  selectedIndices: Tensor;
  validOutputs: Tensor;
}

function withScores(found: ReturnType<typeof select>): ScoredSelection {
  const selectedScores = tensor(Float32Array.from(found.scores), [found.scores.length]);
  return { selectedIndices: indicesOf(found), selectedScores };
}

function padded(found: ReturnType<typeof select>, size: number): PaddedSelection {
  const indices = new Int32Array(Math.max(size, found.indices.length));
  indices.set(found.indices);
  return {
    selectedIndices: tensor(indices, [indices.length], 'int32'),
    validOutputs: scalar(found.indices.length, 'int32'),
  };
}

/**
 * The boxes to keep, best first (int32): a box goes when it overlaps a better one by `iouThreshold` or more, or scores `scoreThreshold` or less. Boxes
 * `[n, 4]` are `[y1, x1, y2, x2]`, two opposite corners. Waits for the numbers; {@link nonMaxSuppressionAsync} does not.
 * @throws ShapeError for shapes that do not fit; ConfigError for options outside their range; StateError inside a trace.
 * @example
 * const boxes = [[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 2, 1, 3]];
 * image.nonMaxSuppression(boxes, [0.9, 0.8, 0.7], 10) // [0, 2]
 */
export function nonMaxSuppression(
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold = 0.5,
  scoreThreshold: number = Number.NEGATIVE_INFINITY,
): Tensor {
  const all = checked('nonMaxSuppression', boxes, scores, maxOutputSize, iouThreshold, scoreThreshold);
  return indicesOf(selectSync(all));
}

/**
 * {@link nonMaxSuppression} without blocking.
 * @example await image.nonMaxSuppressionAsync([[0, 0, 1, 1], [0, 0, 1, 0.9]], [0.9, 0.8], 10) // [0]
 */
export async function nonMaxSuppressionAsync(
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold = 0.5,
  scoreThreshold: number = Number.NEGATIVE_INFINITY,
): Promise<Tensor> {
  const all = checked('nonMaxSuppressionAsync', boxes, scores, maxOutputSize, iouThreshold, scoreThreshold);
  return indicesOf(await selectLater(all));
}

/**
 * {@link nonMaxSuppression} with the scores. With `softNmsSigma` s above 0 an overlap of u below the threshold multiplies a score by
 * `exp(-u^2 / (2 s))` (Bodla et al. 2017).
 * @throws ShapeError for shapes that do not fit; ConfigError for options outside their range; StateError inside a trace.
 * @example image.nonMaxSuppressionWithScore([[0, 0, 1, 1], [0, 0, 1, 0.9]], [0.9, 0.8], 10).selectedScores // [0.9]
 */
export function nonMaxSuppressionWithScore(
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold = 0.5,
  scoreThreshold: number = Number.NEGATIVE_INFINITY,
  softNmsSigma = 0,
): ScoredSelection {
  const name = 'nonMaxSuppressionWithScore';
  return withScores(
    selectSync(checked(name, boxes, scores, maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma)),
  );
}

/**
 * {@link nonMaxSuppressionWithScore} without blocking.
 * @example
 * const boxes = [[0, 0, 1, 1], [0, 0, 1, 0.9]];
 * (await image.nonMaxSuppressionWithScoreAsync(boxes, [0.9, 0.8], 10)).selectedScores // [0.9]
 */
export async function nonMaxSuppressionWithScoreAsync(
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold = 0.5,
  scoreThreshold: number = Number.NEGATIVE_INFINITY,
  softNmsSigma = 0,
): Promise<ScoredSelection> {
  const name = 'nonMaxSuppressionWithScoreAsync';
  return withScores(
    await selectLater(checked(name, boxes, scores, maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma)),
  );
}

/**
 * {@link nonMaxSuppression} and how many are valid; with `padToMaxOutputSize` zeros follow them, so that the shape is always the same.
 * @example image.nonMaxSuppressionPadded([[0, 0, 1, 1], [0, 0, 1, 0.9]], [0.9, 0.8], 10).validOutputs // 1
 */
export function nonMaxSuppressionPadded(
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold = 0.5,
  scoreThreshold: number = Number.NEGATIVE_INFINITY,
  padToMaxOutputSize = false,
): PaddedSelection {
  const all = checked('nonMaxSuppressionPadded', boxes, scores, maxOutputSize, iouThreshold, scoreThreshold);
  return padded(selectSync(all), padToMaxOutputSize ? maxOutputSize : 0);
}

/**
 * {@link nonMaxSuppressionPadded} without blocking.
 * @example
 * const boxes = [[0, 0, 1, 1], [0, 0, 1, 0.9]];
 * (await image.nonMaxSuppressionPaddedAsync(boxes, [0.9, 0.8], 10)).validOutputs // 1
 */
export async function nonMaxSuppressionPaddedAsync(
  boxes: TensorLike,
  scores: TensorLike,
  maxOutputSize: number,
  iouThreshold = 0.5,
  scoreThreshold: number = Number.NEGATIVE_INFINITY,
  padToMaxOutputSize = false,
): Promise<PaddedSelection> {
  const all = checked('nonMaxSuppressionPaddedAsync', boxes, scores, maxOutputSize, iouThreshold, scoreThreshold);
  return padded(await selectLater(all), padToMaxOutputSize ? maxOutputSize : 0);
}
