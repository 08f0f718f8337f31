/** A part of an array: where it begins and how far it goes on every axis. */
export interface Tile {
  readonly start: readonly number[];
  readonly count: readonly number[];
}

/** Elements of a tile, about. */
const TILE_BYTES = 4 * 2 ** 20;

/**
 * Cuts an array into tiles of about 4 MB made of whole chunks, so that no chunk is unpacked twice: chunks are joined along the last
 * axis first, then along the one before it as soon as it is whole.
 */
export function* tilesOf(shape: readonly number[], chunk: readonly number[], elementBytes: number): Generator<Tile> {
  const size = shape.map((dim, axis) => Math.max(1, Math.min(dim, chunk[axis] ?? dim)));
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const bytes = size.reduce((product, dim) => product * dim, elementBytes);
    const joined = Math.max(1, Math.floor(TILE_BYTES / bytes)) * (size[axis] as number);
    size[axis] = Math.min(joined, shape[axis] as number);
    if (size[axis] !== shape[axis]) break;
  }
  const start = shape.map(() => 0);
  if (shape.includes(0)) return;
  for (;;) {
    yield {
      start: [...start],
      count: start.map((from, axis) => Math.min(size[axis] as number, (shape[axis] as number) - from)),
    };
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      start[axis] = (start[axis] as number) + (size[axis] as number);
      if ((start[axis] as number) < (shape[axis] as number)) break;
      start[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Where the rows of a tile lie: calls `act` with the first element of a row in the tile and in the array, and its length. */
export function eachRow(
  shape: readonly number[],
  { start, count }: Tile,
  act: (inTile: number, inArray: number, length: number) => void,
): void {
  // Axes that a tile spans whole run on into each other.
  let last = shape.length - 1;
  let length = count[last] ?? 1;
  while (last > 0 && count[last] === shape[last]) {
    last -= 1;
    length *= count[last] as number;
  }
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const offset = start.reduce((sum, from, axis) => sum + from * (strides[axis] as number), 0);
  const rows = count.slice(0, Math.max(0, last)).reduce((product, dim) => product * dim, 1);
  const place = count.slice(0, Math.max(0, last)).map(() => 0);
  for (let row = 0; row < rows; row++) {
    act(row * length, offset + place.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0), length);
    for (let axis = place.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1;
      if ((place[axis] as number) < (count[axis] as number)) break;
      place[axis] = 0;
    }
  }
}
