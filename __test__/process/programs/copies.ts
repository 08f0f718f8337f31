// Loads several copies of the library in one thread, each with an addon that is loaded anew, and uses them by turns. The argument says how:
// `reload` deletes what was loaded from require.cache, `realm` gives each copy a global object and modules of its own and the addon to
// all of them, as Jest does. `cycles` loads one copy after the other and drops it.
import Module, { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

type Library = typeof import('../../../ts/index.ts');

const root = fileURLToPath(new URL('../../../', import.meta.url));
const index = join(root, 'ts', 'index.ts');

function say(name: string, value: unknown): void {
  console.log(`${name}: ${JSON.stringify(value)}`);
}

/** A copy of all modules, the addon's too. */
function reloaded(): Library {
  const require = createRequire(import.meta.url);
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(join(root, 'ts') + sep) || file.startsWith(join(root, 'native') + sep))
      delete require.cache[file];
  }
  return require(index) as Library;
}

/** The loader of a file of this kind, which hands JavaScript to the module's `_compile`. */
const extensions = (Module as unknown as { _extensions: Record<string, (module: object, file: string) => void> })
  ._extensions;

/** A copy of all modules in a global object of its own. Only the addon is everybody's. */
function inRealm(): Library {
  const globals = {
    process,
    Buffer,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    console,
    URL,
    AbortSignal,
    performance,
    TextDecoder,
    TextEncoder,
  };
  const context = vm.createContext(globals);
  const loaded = new Map<string, { exports: unknown }>();
  function load(file: string): unknown {
    const known = loaded.get(file);
    if (known !== undefined) return known.exports;
    const outer = createRequire(file);
    const inner = Object.assign(
      (name: string): unknown => {
        if (Module.isBuiltin(name)) return outer(name);
        const found = outer.resolve(name);
        return found.endsWith('.ts') ? load(found) : outer(found);
      },
      { resolve: outer.resolve, cache: {} },
    );
    const module = {
      id: file,
      filename: file,
      exports: {},
      paths: [],
      children: [],
      _compile(code: string): void {
        const names = ['exports', 'require', 'module', '__filename', '__dirname'];
        const run = vm.compileFunction(code, names, { filename: file, parsingContext: context });
        run.call(module.exports, module.exports, inner, module, file, dirname(file));
      },
    };
    loaded.set(file, module);
    extensions['.ts']?.(module, file);
    return module.exports;
  }
  return load(index) as Library;
}

const how = process.argv[2];
const load = how === 'realm' ? inRealm : reloaded;

/** What `f` throws, by its name and text. */
function thrown(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}

const large = Float32Array.from({ length: 4096 }, (_, i) => i);

/** All numbers of tensors that copies made by turns, wherever they are not what they were made of. */
function byTurns(copies: readonly Library[], count: number): number {
  const kept = copies.map((tf) => ({ tf, small: [] as InstanceType<Library['Tensor']>[], big: [tf.tensor(large)] }));
  for (let i = 0; i < count; i++) {
    for (const { tf, small, big } of kept) {
      small.push(
        tf
          .tensor([i, -i, 2 * i, 7])
          .add(1)
          .reshape([2, 2]),
      );
      // Made and dropped: slots of the thread's table are used again.
      tf.tensor([i, i]).mul(3);
      if (i % 100 === 0) big.push(tf.tensor(large).add(i).slice([1], [4000]));
    }
    if (i % 500 === 0) globalThis.gc?.();
  }
  let wrong = 0;
  for (const { small, big } of kept) {
    small.forEach((x, i) => {
      if (String([...x.dataSync()]) !== String([i + 1, 1 - i, 2 * i + 1, 8])) wrong++;
    });
    big.forEach((x, i) => {
      const [expected, numbers] = [i === 0 ? 0 : 1 + 100 * (i - 1), x.dataSync()];
      if (numbers[0] !== expected || numbers[3999] !== expected + 3999) wrong++;
    });
  }
  return wrong;
}

/** Trains a small model; gives its weights. */
async function trained(tf: Library): Promise<number[]> {
  tf.setSeed(1);
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 8, activation: 'relu', inputShape: [4] }), tf.layers.dense({ units: 2 })],
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const [x, y] = [tf.linspace(0, 1, 400).reshape([100, 4]), tf.linspace(1, 0, 200).reshape([100, 2])];
  await model.fit(x, y, { epochs: 3, verbose: 0 });
  const predicted = await model.predict(x).data();
  return [...predicted, ...(await Promise.all(model.getWeights().map((w) => w.data()))).flatMap((w) => [...w])];
}

/** Functions, gradients and control flow, which are traced. */
function traced(tf: Library): number[] {
  const x = tf.tensor([1, 2, 3]);
  const twice = tf.jit((v: InstanceType<Library['Tensor']>) => v.add(v));
  const v = tf.variable(x);
  v.assign(twice(x));
  return [
    ...tf
      .grad((t) => t.square().sum())(x)
      .dataSync(),
    ...v.add(0).dataSync(),
    tf.concat([x, x]).size,
  ];
}

async function collect(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function mixed(): Promise<void> {
  const one = load();
  const early = Array.from({ length: 40 }, (_, i) => one.tensor([i]));
  const two = load();
  say('copies', one === two || one.Tensor === two.Tensor ? 1 : 2);
  say('wrong', byTurns([one, two], 3000));
  say(
    'early',
    early.every((x, i) => x.dataSync()[0] === i),
  );
  say('traced', [traced(one), traced(two), traced(one)]);
  const alone = await trained(one);
  say('finite', alone.length > 200 && alone.every(Number.isFinite));
  say('alone', String(await trained(two)) === String(alone));
  const together = await Promise.all([trained(one), trained(two)]);
  say(
    'together',
    together.every((numbers) => numbers.length === alone.length && numbers.every(Number.isFinite)),
  );

  const [a, b] = [one.tensor([1, 2, 3]), two.tensor([1, 2, 3])];
  const model = two.sequential({ layers: [two.layers.dense({ units: 1, inputShape: [3] })] });
  say('foreign', [
    thrown(() => two.add(b, a)),
    thrown(() => one.concat([a, b])),
    thrown(() => model.predict(a.reshape([1, 3]))),
    thrown(() => two.sequential({ layers: [one.layers.dense({ units: 1 }) as never] })),
  ]);
  const kinds = [one, two].map((tf) => {
    const x = tf.tensor([1, 2, 3]);
    try {
      x.reshape([2, 2]);
    } catch (error) {
      return [error instanceof tf.ShapeError, error instanceof tf.HornbeamError, error instanceof tf.DataError];
    }
    return [];
  });
  say('kinds', kinds);
  const rejected = await Promise.all(
    [one, two].map(async (tf) => {
      const far = tf.gather(tf.tensor([[1], [2]]), tf.tensor([7], [1], 'int32'));
      const error: unknown = await far.data().catch((reason: unknown) => reason);
      return error instanceof tf.DataError && error.message.includes('out of range');
    }),
  );
  say('rejected', rejected);
  const own = two.tensor(two.tensor([1, 2]).dataSync());
  say('arrays', [own.dtype, Object.prototype.toString.call(own.dataSync())]);
}

/** One copy after the other, each dropped with all that it made. The first one's face of the addon serves for all. */
async function cycles(): Promise<void> {
  let last = load();
  await trained(last);
  const before = last.memory().tensors;
  let bytes = 0;
  const gone: WeakRef<Library>[] = [];
  for (let n = 0; n < 12; n++) {
    const copy = load();
    gone.push(new WeakRef(copy));
    if (byTurns([last, copy], 300) !== 0) throw new Error('wrong numbers');
    await trained(copy);
    last = copy;
    await collect();
    if (n === 3) bytes = process.memoryUsage().heapUsed;
  }
  await collect();
  say('kept', gone.filter((copy) => copy.deref() !== undefined).length);
  say('heap', process.memoryUsage().heapUsed - bytes);
  say('left', last.memory().tensors - before);
}

await (how === 'cycles' ? cycles() : mixed());
