/** Values of every kind, as sources: what somebody might hand to any function by mistake. */
export const atoms: readonly string[] = [
  // Numbers.
  ...['0', '-0', '1', '2', '3', '-1', '-2', '0.5', '-2.5', '1e-300', '7', '100', '1e6', '1e9', '2**31', '-(2**31)'],
  ...['2**32', '2**53', '-(2**53)', '1e300', '-1e300', 'NaN', 'Infinity', '-Infinity'],
  // Other primitive values.
  ...['undefined', 'null', 'true', 'false', '5n', '-1n', '2n**70n', "Symbol('text')", 'Symbol.iterator'],
  ...["''", "'x'", "'float32'", "'int32'", "'bool'", "'float16'", "'same'", "'valid'", "'relu'", "'ones'", "'adam'"],
  ...["'constructor'", "'__proto__'", "'toString'", "'mse'", "'accuracy'", "'l2'", "'1'", "'a'.repeat(100000)"],
  // Functions.
  ...['() => undefined', '(a) => a', '() => x()', '(a) => tf.square(a)', '() => own()', 'async () => 1', '() => 1'],
  ...[
    'async () => own()',
    'class {}',
    'Math.max',
    'function* () {}',
    '(a) => a.dataSync()',
    '(a) => (tf.dispose(a), a)',
  ],
  // Objects.
  ...['{}', 'Object.create(null)', '{ length: 2 }', '{ a: 1, b: { c: 2 } }', 'new Date(0)', '/x/', 'new Map([[1, 2]])'],
  ...['new Set([1])', "new Error('text')", 'Promise.resolve(1)', 'rejecting()', 'cyclicRecord()', 'new (class A {})()'],
  ...['{ toString() { own() } }', '{ valueOf: 1, toString: 1 }', '{ get shape() { own() } }', '{ toJSON() { own() } }'],
  ...['thorny()', 'thorny([1, 2])', 'thorny(() => 1)', 'new Proxy([1, 2], {})', 'new Proxy(x(), {})', 'aborted()'],
  ...['new Proxy({ units: 2 }, {})', 'Object.create(tf.Tensor.prototype)', 'Object.create(tf.layers.Layer.prototype)'],
  ...['tf', 'tf.Tensor', 'tf.layers.Dense', '{ unknownOption: 1 }', "{ name: 'a', unknownOption: 1 }", 'globalThis'],
  ...[
    '{ __proto__: { units: 2 } }',
    "{ className: 'Dense', config: null }",
    "{ className: 'Zeros' }",
    'new Boolean(true)',
  ],
  ...['new Number(1)', "new String('a')", '{ get a() { own() } }', '{ data: new Float32Array(6), shape: [2, 3] }'],
  // Arrays.
  ...[
    '[]',
    '[[]]',
    '[0]',
    '[1]',
    '[-1]',
    '[1, 2]',
    '[2, 3]',
    '[2, -1]',
    '[3, 2, 1]',
    '[[1, 2], [3, 4]]',
    '[[1, 2], [3]]',
  ],
  ...["['a']", '[1, , 3]', '[NaN]', '[0.5, 0.5]', '[true, false]', '[null]', '[undefined, 1]', '[1n]', '[Symbol()]'],
  ...['[[1, 2], [3, x([])]]', '[x(), x()]', '[x(), 1]', '[x(), disposed(x())]', 'cyclic()', 'deep(9)', 'deep(20000)'],
  ...[
    'deep(20000, new Float32Array(2))',
    '[[0, 0], [1, 1]]',
    '[2, 3, 4, 5, 6, 7, 8, 9, 10]',
    '[1e9, 1e9]',
    '[2**53, 2]',
  ],
  ...['sparse()', 'sparse(3)', 'changing(1)', 'changing(5)', '[1e5, 1e5]', '[variable()]', 'new Array(1e4).fill(1)'],
  ...['[[0, 1], [2]]', '[new Float32Array(2), new Float32Array(3)]', '[new Float32Array(2), new Float32Array(2)]'],
  ...[
    '[() => 1]',
    "['accuracy', 5]",
    '[{ onEpochEnd: 1 }]',
    '[thorny()]',
    '[[cyclic()]]',
    '[2**32, 2**32, 0]',
    '[1, Infinity]',
  ],
  // Memory.
  ...['Float32', 'Float64', 'Int32', 'Uint32', 'Int16', 'Uint16', 'Int8', 'Uint8', 'Uint8Clamped'].map(
    (kind) => `new ${kind}Array([0, 1, 2, 3, 4, 5])`,
  ),
  ...['new BigInt64Array([1n, -1n])', 'new BigUint64Array([2n**63n])', 'new Float32Array(0)', "Buffer.from('abcdef')"],
  ...['detached(new Float32Array(6))', 'detached(new Uint8Array(6))', 'new Float32Array(new SharedArrayBuffer(24))'],
  ...[
    'new DataView(new ArrayBuffer(8))',
    'new ArrayBuffer(8)',
    'shrunk()',
    'resizable()',
    'new Float32Array([NaN, Infinity])',
  ],
  ...['new Int32Array([-1, 1e9])', 'detached(new BigInt64Array(2))', 'new SharedArrayBuffer(8)'],
  // Tensors.
  ...['x()', 'x([])', 'x([3])', 'x([0])', 'x([2, 0, 3])', 'x([1])', 'x([2, 3, 4])', 'x([3, 3])', 'x([1, 4, 4, 2])'],
  ...['x([1, 2, 1, 2, 1])', 'x([2, 1, 2, 1, 2, 1])', 'x([3], "int32")', 'x([2, 3], "bool")', 'x([2], "uint8")'],
  ...['x([2, 3], "float16")', 'x([2, 3], "bfloat16")', 'x([2, 3], "int8")', 'x([], "int32")', 'x([], "bool")'],
  ...[
    'variable()',
    'variable([], "int32")',
    'disposed(x())',
    'disposed(variable())',
    'finished()',
    'tf.fill([2, 2], NaN)',
  ],
  ...['tf.zeros([1, 1, 1, 1, 1, 1, 1, 1])', 'tf.gather([1, 2], [5])', 'tf.zeros([2**20, 2**20])', 'x().add(1).mul(2)'],
  // What the package itself makes.
  ...['model()', 'disposed(model())', 'tf.sequential()', 'tf.layers.dense({ units: 2 })', 'tf.train.sgd(0.1)'],
  ...['new tf.EarlyStopping()', 'new tf.losses.MeanSquaredError()', 'new tf.metrics.Mean()', 'tf.initializers.zeros()'],
  ...['tf.regularizers.l2()', '[tf.layers.dense({ units: 2 })]', '[tf.layers.dense({ units: 2 }), 5]'],
];
