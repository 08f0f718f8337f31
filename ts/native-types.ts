/** Names of the element types, as the addon knows them. */
export type NativeDType = 'float32' | 'bfloat16' | 'float16' | 'int32' | 'int8' | 'uint8' | 'bool';

/** What numbers come back as: float32, bfloat16 and float16 as Float32Array, bool as Uint8Array. */
export type NativeData = Float32Array | Int32Array | Uint8Array | Int8Array;

/** Memory that the addon copies numbers from. */
export type NativeSource =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

export type UnaryKind =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'exp'
  | 'exp2'
  | 'expm1'
  | 'log'
  | 'log2'
  | 'log10'
  | 'log1p'
  | 'sqrt'
  | 'rsqrt'
  | 'cbrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'sigmoid'
  | 'erf'
  | 'erfc'
  | 'erfinv'
  | 'gelu'
  | 'lgamma'
  | 'digamma'
  | 'trigamma'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'relu'
  | 'isNaN'
  | 'isInf'
  | 'isFinite'
  | 'logicalNot'
  | 'bitwiseNot';

export type BinaryKind =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'mod'
  | 'fmod'
  | 'atan2'
  | 'nextafter'
  | 'gcd'
  | 'bitwiseAnd'
  | 'bitwiseOr'
  | 'bitwiseXor'
  | 'leftShift'
  | 'rightShift'
  | 'equal'
  | 'notEqual'
  | 'less'
  | 'lessEqual'
  | 'greater'
  | 'greaterEqual'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor';

export type ReduceKind = 'sum' | 'prod' | 'max' | 'min' | 'all' | 'any';

export type CumulativeKind = 'sum' | 'prod' | 'max' | 'min';

export type ScatterKind = 'add' | 'set' | 'max' | 'min' | 'mul';

export type MatrixFunction = 'cholesky' | 'inverse' | 'det' | 'slogdet' | 'lu' | 'eigh' | 'svd' | 'qr' | 'qrFull';

/**
 * What a program may do for speed. `'fast'`: 3x3 convolutions by Winograd's algorithm where it is faster, with rounding errors a few
 * times those of the direct sums (about 1e-6 of the result). `'exact'`: every sum is of the products that define it.
 */
export type Precision = 'fast' | 'exact';

/** Distributions with parameters. */
export type RandomLaw = 'gamma' | 'poisson' | 'binomial';

export type RandomKind = 'bits' | 'uniform' | 'normal' | 'truncatedNormal';

/** A node of the lazy graph: its type is known, its numbers are computed when asked for. */
export interface NativeTensor {
  readonly shape: number[];
  readonly dtype: NativeDType;
  readonly isDisposed: boolean;
  /** How many tensors share the handle: disposing one must leave the others. */
  owners: number;
  readonly isTraced: boolean;
  /** Whether reading the numbers waits for nothing. */
  readonly isReady: boolean;
  readonly id: number;
  dispose(): void;
  data(): Promise<NativeData>;
  dataSync(): NativeData;
  /** Copies bytes of the numbers: those from `begin` on. */
  copyTo(target: Uint8Array, begin: number): void;
}

/** A mutable cell with a versioned buffer. */
export interface NativeVariable {
  readonly shape: number[];
  readonly dtype: NativeDType;
  readonly id: number;
  readonly version: number;
  readonly isDisposed: boolean;
  dispose(): void;
  read(): NativeTensor;
  assign(value: NativeTensor): void;
}

/** A sub-graph, operand of `scan`, `cond` and `whileLoop`. */
export interface NativeBody {
  readonly __body?: never;
}

/** A trace as data. */
export interface NativeGraph {
  /** What it computes, simplified, as JSON (crates/graph/src/describe.rs). */
  json(): string;
  /** What its parameters are. */
  operands(): { kind: 'argument' | 'variable' | 'value'; name?: string }[];
  /** Names of the variables that it assigns. */
  assigned(): string[];
  /** The numbers of a parameter that is no argument. */
  numbers(at: number): NativeTensor;
}

/** A compiled trace. */
export interface NativeProgram {
  readonly flops: number;
  readonly nodes: number;
  /** Hands a run over, which begins with the next `beginRuns` or when its result is read: see `runProgram`. */
  run(args: NativeTensor[]): NativeTensor[];
  runSync(args: NativeTensor[]): NativeTensor[];
  predict(last: NativeProgram | null, samples: number, batchSize: number): NativeTensor[];
  describe(): string;
  dispose(): void;
}

/** The training loop: runs a traced step for the batches of an epoch on a native thread. */
export interface NativeTrainer {
  beginEpoch(order: 'sequential' | 'shuffle' | 'batch', seed: number, epoch: number): void;
  run(first: number, count: number, live: boolean): Promise<number>;
  stop(): void;
  snapshot(): { batches: number; values: number[] };
  dispose(): void;
}

/** Bytes and objects that the addon holds. */
export interface NativeMemory {
  tensors: number;
  variables: number;
  programs: number;
  tensorBytes: number;
  cacheBytes: number;
  workspaceBytes: number;
  programBytes: number;
}

/** Everything the addon exports. Each call throws hornbeam's error classes. */
export interface Native {
  /** Disposes many tensors at once. */
  disposeAll(handles: readonly NativeTensor[]): void;
  fromData(data: NativeSource, shape: number[], dtype: NativeDType): NativeTensor;
  constant(value: number, dtype: NativeDType): NativeTensor;
  sequence(start: number, step: number, count: number, last: number | null, dtype: NativeDType): NativeTensor;
  iota(shape: number[], axis: number, dtype: NativeDType): NativeTensor;
  fill(value: number, shape: number[], dtype: NativeDType): NativeTensor;
  unary(kind: UnaryKind, x: NativeTensor): NativeTensor;
  binary(kind: BinaryKind, a: NativeTensor, b: NativeTensor): NativeTensor;
  select(condition: NativeTensor, a: NativeTensor, b: NativeTensor): NativeTensor;
  cast(x: NativeTensor, dtype: NativeDType): NativeTensor;
  reshape(x: NativeTensor, shape: number[]): NativeTensor;
  transpose(x: NativeTensor, order: number[]): NativeTensor;
  broadcastTo(x: NativeTensor, shape: number[]): NativeTensor;
  slice(x: NativeTensor, starts: number[], limits: number[], strides: number[]): NativeTensor;
  sliceBlock(x: NativeTensor, starts: number[], sizes: number[]): NativeTensor;
  pad(x: NativeTensor, value: NativeTensor, low: number[], high: number[], interior: number[]): NativeTensor;
  concat(xs: NativeTensor[], axis: number): NativeTensor;
  reverse(x: NativeTensor, axes: number[]): NativeTensor;
  gather(x: NativeTensor, ids: NativeTensor, axis: number): NativeTensor;
  scatterAdd(x: NativeTensor, ids: NativeTensor, updates: NativeTensor, axis: number): NativeTensor;
  dynamicSlice(x: NativeTensor, starts: NativeTensor[], sizes: number[]): NativeTensor;
  dynamicUpdateSlice(x: NativeTensor, update: NativeTensor, starts: NativeTensor[]): NativeTensor;
  sort(x: NativeTensor, axis: number, descending: boolean): NativeTensor[];
  topK(x: NativeTensor, k: number): NativeTensor[];
  searchSorted(sorted: NativeTensor, values: NativeTensor, right: boolean): NativeTensor;
  cumulative(kind: CumulativeKind, x: NativeTensor, axis: number, exclusive: boolean, reverse: boolean): NativeTensor;
  batchGather(x: NativeTensor, ids: NativeTensor): NativeTensor;
  scatter(kind: ScatterKind, x: NativeTensor, ids: NativeTensor, updates: NativeTensor): NativeTensor;
  gatherND(x: NativeTensor, indices: NativeTensor): NativeTensor;
  scatterND(kind: ScatterKind, x: NativeTensor, indices: NativeTensor, updates: NativeTensor): NativeTensor;
  reduce(kind: ReduceKind, x: NativeTensor, axes: number[], keepDims: boolean): NativeTensor;
  argReduce(kind: 'max' | 'min', x: NativeTensor, axis: number): NativeTensor;
  matMul(a: NativeTensor, b: NativeTensor, transposeA: boolean, transposeB: boolean): NativeTensor;
  einsum(equation: string, operands: NativeTensor[]): NativeTensor;
  fft(re: NativeTensor, im: NativeTensor, inverse: boolean): NativeTensor[];
  rfft(x: NativeTensor, length: number): NativeTensor[];
  irfft(re: NativeTensor, im: NativeTensor, length: number): NativeTensor;
  randomSample(
    law: RandomLaw,
    seed: NativeTensor,
    counter: NativeTensor,
    parameters: NativeTensor[],
    draw: number,
  ): NativeTensor;
  matrixFunction(kind: MatrixFunction, x: NativeTensor): NativeTensor[];
  solve(a: NativeTensor, b: NativeTensor): NativeTensor;
  triangularSolve(a: NativeTensor, b: NativeTensor, lower: boolean, transpose: boolean, unit: boolean): NativeTensor;
  leastSquares(a: NativeTensor, b: NativeTensor, cutoff: number): NativeTensor;
  tensordot(a: NativeTensor, b: NativeTensor, axesA: number[], axesB: number[]): NativeTensor;
  conv(
    x: NativeTensor,
    kernel: NativeTensor,
    strides: number[],
    dilation: number[],
    pads: number[],
    groups: number,
    channelsFirst: boolean,
  ): NativeTensor;
  convTranspose(
    x: NativeTensor,
    kernel: NativeTensor,
    strides: number[],
    dilation: number[],
    pads: number[],
    groups: number,
    channelsFirst: boolean,
    outputSize: number[],
  ): NativeTensor;
  pool(
    kind: 'max' | 'avg',
    x: NativeTensor,
    size: number[],
    strides: number[],
    dilation: number[],
    pads: number[],
    channelsFirst: boolean,
  ): NativeTensor;
  adaptivePool(kind: 'max' | 'avg', x: NativeTensor, sizes: number[], channelsFirst: boolean): NativeTensor;
  resize(
    x: NativeTensor,
    sizes: number[],
    interpolation: 'nearest' | 'bilinear' | 'bicubic' | 'lanczos3' | 'lanczos5' | 'area',
    coordinates: 'halfPixel' | 'asymmetric' | 'alignCorners',
    antialias: boolean,
    channelsFirst: boolean,
  ): NativeTensor;
  cropAndResize(
    x: NativeTensor,
    boxes: NativeTensor,
    which: NativeTensor,
    size: number[],
    bilinear: boolean,
    extrapolation: number,
  ): NativeTensor;
  sampleImage(
    x: NativeTensor,
    which: NativeTensor,
    ys: NativeTensor,
    xs: NativeTensor,
    bilinear: boolean,
    fill: number,
  ): NativeTensor;
  maxPoolWithArgmax(
    x: NativeTensor,
    size: number[],
    strides: number[],
    pads: number[],
    includeBatch: boolean,
  ): NativeTensor[];
  softmax(x: NativeTensor, axis: number): NativeTensor;
  logSoftmax(x: NativeTensor, axis: number): NativeTensor;
  softmaxCrossEntropy(logits: NativeTensor, labels: NativeTensor): NativeTensor;
  batchNorm(x: NativeTensor, gamma: NativeTensor, beta: NativeTensor, epsilon: number): NativeTensor[];
  layerNorm(x: NativeTensor, gamma: NativeTensor, beta: NativeTensor, epsilon: number): NativeTensor;
  random(kind: RandomKind, shape: number[], seed: NativeTensor, counter: NativeTensor, draw: number): NativeTensor;
  stopGradient(x: NativeTensor): NativeTensor;
  producer(x: NativeTensor): string | null;
  producerInputs(x: NativeTensor): NativeTensor[];
  gradients(outputs: NativeTensor[], cotangents: (NativeTensor | null)[], wrt: NativeTensor[]): (NativeTensor | null)[];
  recordBegin(): void;
  recordEnd(): void;
  traceBegin(name: string): void;
  traceAbort(): void;
  isTracing(): boolean;
  placeholder(shape: number[], dtype: NativeDType): NativeTensor;
  traceCompile(params: NativeTensor[], outputs: NativeTensor[], batched: boolean[]): NativeProgram;
  /** Ends the innermost trace as data, compiling nothing. */
  traceDescribe(params: NativeTensor[], outputs: NativeTensor[]): NativeGraph;
  /** The operations that the outputs of the trace in progress are made of, with the identities of their nodes. */
  origins(outputs: NativeTensor[]): { id: number; name: string }[];
  bodyEnd(params: NativeTensor[], outputs: NativeTensor[]): NativeBody;
  scan(body: NativeBody, carry: NativeTensor[], xs: NativeTensor[], length: number, reverse: boolean): NativeTensor[];
  cond(predicate: NativeTensor, thenBody: NativeBody, elseBody: NativeBody): NativeTensor[];
  customGradient(value: NativeTensor, inputs: NativeTensor[], backward: NativeBody): NativeTensor;
  whileLoop(condition: NativeBody, body: NativeBody, carry: NativeTensor[]): NativeTensor[];
  NativeVariable: new (initial: NativeTensor, name: string) => NativeVariable;
  NativeTrainer: new (
    program: NativeProgram,
    last: NativeProgram | null,
    results: NativeProgram | null,
    samples: number,
    batchSize: number,
    inference?: boolean,
  ) => NativeTrainer;
  setThreads(threads: number): void;
  /** For programs compiled by this thread from now on; gives what it was. */
  setPrecision(precision: Precision): Precision;
  precision(): Precision;
  threads(): number;
  isa(): string;
  nativeVersion(): string;
  /** Begins the programs that were handed over and that nobody waited for. */
  beginRuns(): void;
  /** Begins to record what the workers do in every run of a program. */
  startProfile(): void;
  /** Ends it; what they did, as JSON (crates/engine/src/profile.rs), or nothing. */
  stopProfile(): string;
  /** For tests: makes the next `count` tasks of pool workers panic. */
  injectPanics(count: number): void;
  memory(): NativeMemory;
}
