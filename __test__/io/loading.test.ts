import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import {
  ConfigError,
  FileError,
  layers,
  loadModel,
  Model,
  memory,
  modelFromJSON,
  ones,
  optimizers,
  type Sequential,
  StateError,
  sequential,
} from '../../ts/index.ts';
import { bytesInMemory } from '../../ts/io/bytes.ts';
import { createHdf5 } from '../../ts/io/hdf5/index.ts';
import { modelForKeras } from '../../ts/io/keras-config/index.ts';
import { openZip, writeZip } from '../../ts/io/zip.ts';
import { collect } from './collect.ts';

const box = mkdtempSync(join(tmpdir(), 'hornbeam-loading-'));
afterAll(() => rmSync(box, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

function net(units = 3): Sequential {
  return sequential({
    layers: [
      layers.dense({ units, activation: 'relu', inputShape: [2], name: 'a' }),
      layers.batchNormalization({ name: 'n' }),
      layers.dense({ units: 1, name: 'b' }),
    ],
  });
}

async function trained(optimizer: optimizers.Optimizer = new optimizers.Adam()): Promise<Sequential> {
  const model = net();
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] });
  await model.fit(ones([8, 2]), ones([8, 1]), { epochs: 2, verbose: 0 });
  return model;
}

const numbers = async (model: Pick<Sequential, 'getWeights'>): Promise<number[][]> =>
  Promise.all(model.getWeights().map(async (weight) => [...(await weight.data())]));

const at = (name: string): string => join(box, name);

/** A `.keras` file with some members changed; `undefined` leaves one out. */
async function changed(path: string, changes: Record<string, Uint8Array | string | undefined>): Promise<Uint8Array> {
  const zip = await openZip(bytesInMemory(path, readFileSync(path)));
  const members: { name: string; data: Uint8Array; size: number }[] = [];
  for (const name of new Set([...zip.members.keys(), ...Object.keys(changes)])) {
    const content = name in changes ? changes[name] : await zip.read(name);
    if (content === undefined) continue;
    const data = Buffer.from(content);
    members.push({ name, data, size: data.length });
  }
  return collect(writeZip(members));
}

describe('save', () => {
  it('writes a momentum of 0 and a rate of 1 as Python reads floats: Keras refuses whole numbers', async () => {
    const model = await trained(new optimizers.SGD({ learningRate: 1 }));
    await model.save(at('momentum.keras'));
    const zip = await openZip(bytesInMemory('momentum.keras', readFileSync(at('momentum.keras'))));
    const config = Buffer.from(await zip.read('config.json')).toString();
    expect(config).toMatch(/"learning_rate":1\.0[,}]/);
    expect(config).toMatch(/"momentum":0\.0[,}]/);
    expect((await loadModel(at('momentum.keras'))).optimizer.getConfig()).toEqual(model.optimizer.getConfig());
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** The tensors that somebody holds: what other tests left behind is given up first, whenever the collector would have come. */
async function heldTensors(): Promise<number> {
  let held = memory().numTensors;
  for (let quiet = 0; quiet < 3; quiet++) {
    collectGarbage();
    await setImmediate();
    if (memory().numTensors !== held) quiet = 0;
    held = memory().numTensors;
  }
  return held;
}

describe('a save that fails', () => {
  it('keeps no values', async () => {
    const model = await trained();
    const before = await heldTensors();
    for (const path of ['none/x.keras', 'none/x.weights.h5']) {
      const saving = path.endsWith('.keras') ? model.save(at(path)) : model.saveWeights(at(path));
      await expect(saving).rejects.toThrow(FileError);
    }
    expect(await heldTensors()).toBe(before);
    expect(model.built).toBe(true);
  });
});

describe('loadModel', () => {
  it('takes paths, URLs and bytes', async () => {
    const model = await trained();
    await model.save(at('model.keras'));
    const wanted = await numbers(model);
    const bytes = readFileSync(at('model.keras'));
    const sources = [
      at('model.keras'),
      `file://${at('model.keras')}`,
      pathToFileURL(at('model.keras')),
      bytes,
      new Uint8Array(bytes),
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    ];
    for (const source of sources) {
      const loaded = await loadModel(source);
      expect(await numbers(loaded)).toEqual(wanted);
      expect(loaded.isCompiled).toBe(true);
      expect((await loaded.optimizer.iterations.data())[0]).toBe(2);
    }
  });

  it('takes a Buffer that is a part of a larger one', async () => {
    const model = await trained();
    await model.save(at('part.safetensors'));
    const whole = Buffer.concat([Buffer.alloc(16), readFileSync(at('part.safetensors')), Buffer.alloc(16)]);
    expect(await numbers(await loadModel(whole.subarray(16, -16)))).toEqual(await numbers(model));
  });

  it('downloads what the caller names, and nothing else', async () => {
    const model = await trained();
    await model.save(at('remote.keras'));
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/remote.keras?token=1') response.end(readFileSync(at('remote.keras')));
      else if (request.url !== '/never.keras') response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await numbers(await loadModel(`${base}/remote.keras?token=1`))).toEqual(await numbers(model));
      await expect(loadModel(new URL(`${base}/other.keras`))).rejects.toThrow(/other\.keras cannot be read: .*404/);
      expect(asked).toEqual(['/remote.keras?token=1', '/other.keras']);
      await expect(loadModel(`${base}/never.keras`, { timeout: 100 })).rejects.toThrow(/it was not there after 0\.1 s/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('trains on as if it had never ended', async () => {
    const x = ones([8, 2]);
    for (const optimizer of [
      new optimizers.Adam({
        learningRate: new optimizers.schedules.ExponentialDecay({
          initialLearningRate: 0.1,
          decaySteps: 2,
          decayRate: 0.5,
        }),
      }),
      new optimizers.Adam({ amsgrad: true, useEma: true, gradientAccumulationSteps: 3 }),
      new optimizers.LossScaleOptimizer({
        innerOptimizer: new optimizers.SGD({ momentum: 0.9 }),
        dynamicGrowthSteps: 3,
      }),
      new optimizers.Muon(),
      new optimizers.Ftrl(),
    ]) {
      const model = await trained(optimizer);
      await model.save(at('on.keras'));
      const loaded = await loadModel(at('on.keras'));
      for (const one of [model, loaded]) await one.fit(x, ones([8, 1]), { epochs: 3, verbose: 0, shuffle: false });
      expect(await numbers(loaded)).toEqual(await numbers(model as Sequential));
      expect(loaded.optimizer.learningRate).toBe(model.optimizer.learningRate);
    }
  });

  it('takes what Keras notes of a model that was never compiled', async () => {
    await (await trained()).save(at('once.keras'));
    const zip = await openZip(bytesInMemory('once.keras', readFileSync(at('once.keras'))));
    const config = JSON.parse(Buffer.from(await zip.read('config.json')).toString()) as object;
    for (const compiled of [{}, null]) {
      const bytes = await changed(at('once.keras'), {
        'config.json': JSON.stringify({ ...config, compile_config: compiled }),
      });
      expect((await loadModel(bytes)).isCompiled).toBe(false);
    }
  });

  it('leaves out how the model is compiled, or the state of its optimizer, when asked', async () => {
    const model = await trained();
    model.optimizer.learningRate = 0.5;
    await model.save(at('state.keras'));
    expect((await loadModel(at('state.keras'), { compile: false })).isCompiled).toBe(false);
    expect((await loadModel(at('state.keras'))).optimizer.learningRate).toBe(0.5);
    await model.save(at('state.keras'), { includeOptimizer: false });
    const warn = vi.spyOn(process, 'emitWarning');
    const loaded = await loadModel(at('state.keras'));
    expect((await loaded.optimizer.iterations.data())[0]).toBe(0);
    expect(warn).not.toHaveBeenCalled();
  });

  it('takes over an optimizer that never took a step', async () => {
    const warn = vi.spyOn(process, 'emitWarning');
    for (const optimizer of [
      new optimizers.SGD({ learningRate: 0.5 }),
      new optimizers.Adam({ learningRate: 0.5 }),
      new optimizers.Nadam({ learningRate: 0.5 }),
      new optimizers.LossScaleOptimizer({ innerOptimizer: new optimizers.Adam({ learningRate: 0.5 }) }),
    ]) {
      const model = net();
      model.compile({ optimizer, loss: 'meanSquaredError' });
      await model.save(at('new.keras'));
      expect((await loadModel(at('new.keras'))).optimizer.learningRate).toBe(0.5);
    }
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    [{ safeMode: false }, /safeMode: false asks for code of the file to be run, which is never done/],
    [{ compile: 1 }, /compile must be/],
    [{ custom: {} }, /custom/],
    [{ customObjects: { f: 1 } }, /customObjects\.f must be a class or a function, got 1/],
    [{ customObjects: 7 }, /customObjects must be an object/],
    [{ timeout: 0 }, /timeout must be milliseconds, a number above 0, got 0/],
    [{ timeout: Number.NaN }, /timeout must be milliseconds/],
    [{ timeout: '1' }, /timeout must be milliseconds/],
  ])('refuses the options %j', async (options, message) => {
    const loading = loadModel('x.keras', options as never);
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow(message);
  });

  it.each([
    ['a file that is missing', () => 'missing.keras', FileError, /^missing\.keras cannot be read: ENOENT/],
    ['a folder', () => box, FileError, /is no file, but a folder$/],
    ['what is no source', () => 5, ConfigError, /loadModel: the path must be a text, got 5/],
    ['another address', () => new URL('ftp://a/b.keras'), FileError, /only http: and https: are fetched/],
    ['bytes that say nothing', () => new Uint8Array(100), ConfigError, /loadModel: "buffer" has no ending/],
    ['no bytes', () => new Uint8Array(0), ConfigError, /loadModel: "buffer" has no ending/],
  ])('refuses %s', async (_, source, Class, message) => {
    const loading = loadModel(source() as string);
    await expect(loading).rejects.toThrow(Class);
    await expect(loading).rejects.toThrow(message);
  });

  it('refuses files whose name says nothing, or another format, or weights alone', async () => {
    writeFileSync(at('x.dat'), 'text');
    await expect(loadModel(at('x.dat'))).rejects.toThrow(
      /loadModel: there is no format "\.dat"; the endings are \.keras, /,
    );
    await net().saveWeights(at('only.weights.h5'));
    await expect(loadModel(at('only.weights.h5'))).rejects.toThrow(
      /loadModel: the format weights of Keras holds weights without a model: make the model and call loadWeights/,
    );
    const builder = await createHdf5();
    await builder.addGroup('/model_weights');
    writeFileSync(at('no-model.h5'), await builder.finish());
    await expect(loadModel(at('no-model.h5'))).rejects.toThrow(/no-model\.h5 holds weights, and no model/);
  });

  it('says which members of a file are missing or wrong', async () => {
    await (await trained()).save(at('whole.keras'));
    const load = async (changes: Parameters<typeof changed>[1]): Promise<unknown> =>
      loadModel(await changed(at('whole.keras'), changes));
    await expect(load({ 'config.json': undefined })).rejects.toThrow(
      /^buffer lacks config\.json; it has metadata\.json/,
    );
    await expect(load({ 'model.weights.h5': undefined })).rejects.toThrow(/^buffer lacks model\.weights\.h5/);
    await expect(load({ 'model.weights.h5': undefined, 'model.weights.npz': 'x' })).rejects.toThrow(
      /^buffer: its weights are pickled objects/,
    );
    await expect(load({ 'config.json': '{' })).rejects.toThrow(/^buffer: config\.json/);
    await expect(load({ 'config.json': '7' })).rejects.toThrow(FileError);
    await expect(load({ 'model.weights.h5': 'no HDF5' })).rejects.toThrow(FileError);
    // Members that no model of ours has use for are left alone.
    expect(await load({ 'assets/layers/vocabulary.txt': 'a' })).toBeDefined();
  });

  it('gives the memory of a model back whose weights cannot be read', async () => {
    const model = await trained();
    await model.save(at('whole.keras'));
    const bytes = await changed(at('whole.keras'), { 'model.weights.h5': new Uint8Array(2000) });
    const dispose = vi.spyOn(Model.prototype, 'dispose');
    await expect(loadModel(bytes)).rejects.toThrow(FileError);
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  it('lists the classes that are not known', async () => {
    await (await trained()).save(at('classes.keras'));
    const zip = await openZip(bytesInMemory('f', readFileSync(at('classes.keras'))));
    const config = Buffer.from(await zip.read('config.json'))
      .toString()
      .replaceAll('"class_name": "Dense"', '"class_name":"Dense"')
      .replace(/"class_name":"Dense"/, '"class_name":"Mystery"')
      .replace(/"class_name":"BatchNormalization"/, '"class_name":"Riddle"');
    const loading = loadModel(await changed(at('classes.keras'), { 'config.json': config }));
    await expect(loading).rejects.toThrow(FileError);
    await expect(loading).rejects.toThrow(/Mystery.*Riddle|Riddle.*Mystery/s);
    await expect(loading).rejects.toThrow(/registerClass/);
  });

  it('begins anew, with a warning, when the state of the optimizer is not its own', async () => {
    await (await trained(new optimizers.SGD({ momentum: 0.5 }))).save(at('other.keras'));
    const zip = await openZip(bytesInMemory('f', readFileSync(at('other.keras'))));
    const config = Buffer.from(await zip.read('config.json'))
      .toString()
      .replace(/"momentum":\s*0\.5/, '"momentum":0');
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const loaded = await loadModel(await changed(at('other.keras'), { 'config.json': config }));
    expect((await loaded.optimizer.iterations.data())[0]).toBe(0);
    expect(String(warn.mock.calls[0]?.[0])).toMatch(
      /optimizer SGD has 2 weights, but the file holds 8.*training begins anew/,
    );
  });
});

describe('save and loadWeights', () => {
  it('need a model that is built, and keep what is there when asked', async () => {
    const open = sequential({ layers: [layers.dense({ units: 1 })] });
    await expect(open.save(at('open.keras'))).rejects.toThrow(StateError);
    await expect(open.loadWeights(at('open.weights.h5'))).rejects.toThrow(StateError);
    await net().save(at('kept.keras'));
    const before = readFileSync(at('kept.keras'));
    await expect(net().save(at('kept.keras'), { overwrite: false })).rejects.toThrow(/kept\.keras is there already/);
    expect(readFileSync(at('kept.keras')).equals(before)).toBe(true);
    await expect(net().save(at('x.weights.h5'))).rejects.toThrow(ConfigError);
    await expect(net().save(join(box, 'nowhere', 'x.keras'))).rejects.toThrow(FileError);
  });

  it.each(['keras', 'safetensors', 'weights.h5', 'weights.npz', 'weights.safetensors', 'onnx', 'json'])(
    'of two that must not overwrite one .%s file at the same time, one is refused',
    async (ending) => {
      const path = at(`race.${ending}`);
      const options = { overwrite: false };
      const save = (model: Sequential): Promise<unknown> => {
        if (ending === 'onnx') return model.export(path, options);
        return ending.startsWith('weights') ? model.saveWeights(path, options) : model.save(path, options);
      };
      const ends = await Promise.allSettled([net(), net(), net()].map(save));
      const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
      expect(refused.map(String)).toEqual(
        Array(2).fill(expect.stringMatching(/is there already, and overwrite is false/)),
      );
      for (const reason of refused) expect(reason).toBeInstanceOf(FileError);
      expect(readdirSync(box).filter((name) => name.includes('hornbeam-tmp'))).toEqual([]);
      // The shards of the others are gone, those of the first are there.
      if (ending === 'json') expect(readdirSync(box).filter((name) => name.endsWith('.bin'))).toHaveLength(1);
      if (['keras', 'safetensors', 'json'].includes(ending)) await loadModel(path);
    },
  );

  it('give no .keras file whose names Keras refuses; other formats take them, and new names help', async () => {
    const inner = sequential({
      name: 'a/model',
      layers: [layers.dense({ units: 2, inputShape: [2], name: 'in/side' })],
    });
    const both = layers.bidirectional({ layer: layers.simpleRNN({ units: 1, name: 'x/y' }), inputShape: [3, 2] });
    const slashed = sequential({ layers: [inner, layers.dense({ units: 1, name: 'out' })] });
    await expect(slashed.save(at('slash.keras'))).rejects.toThrow(ConfigError);
    await expect(slashed.save(at('slash.keras'))).rejects.toThrow(
      /Keras refuses names with a slash, .*: rename Dense "in\/side", Sequential "a\/model"\. modelFromJSON/,
    );
    expect(readdirSync(box).filter((name) => name.includes('slash'))).toEqual([]);
    expect(() => modelForKeras(sequential({ layers: [both] }))).toThrow(
      /SimpleRNN "forward_x\/y", SimpleRNN "backward_x\/y"/,
    );
    for (const path of ['slash.safetensors', 'slash.json']) {
      await slashed.save(at(path));
      expect(await numbers(await loadModel(at(path)))).toEqual(await numbers(slashed));
    }
    const renamed = modelFromJSON(
      JSON.stringify(slashed).replaceAll('in/side', 'in_side').replaceAll('a/model', 'a_model'),
    );
    renamed.setWeights(slashed.getWeights());
    await renamed.save(at('slash.keras'));
    expect(await numbers(await loadModel(at('slash.keras')))).toEqual(await numbers(slashed));
    renamed.compile({ optimizer: new optimizers.SGD({ name: 'my/sgd' }), loss: 'meanSquaredError' });
    await expect(renamed.save(at('slash.keras'))).rejects.toThrow(/rename the optimizer "my\/sgd"/);
  });

  it('tell weights of another model, and change nothing', async () => {
    await net().saveWeights(at('w.weights.h5'));
    const cases: [Sequential, RegExp][] = [
      [
        net(4),
        /w\.weights\.h5: Dense "a": weight "a\/kernel" has shape \[2, 4\], but the file holds shape \[2, 3\] for it/,
      ],
      [
        sequential({ layers: [...net().layers, layers.dense({ units: 1, name: 'c' })] }),
        /Dense "c" has 2 weights, but the file holds none for it \(in "layers\/dense_2\/vars"\)/,
      ],
      [
        sequential({ layers: [layers.dense({ units: 3, inputShape: [2], name: 'a' })] }),
        /it holds weights for "layers\/(batch_normalization|dense_1)" \((n|b)\), which Sequential/,
      ],
      [
        sequential({ layers: [layers.dense({ units: 3, useBias: false, inputShape: [2] }), ...net().layers.slice(1)] }),
        /has 1 weight, but the file holds 2 for it/,
      ],
    ];
    for (const [model, message] of cases) {
      const before = await numbers(model);
      const loading = model.loadWeights(at('w.weights.h5'));
      await expect(loading).rejects.toThrow(FileError);
      await expect(loading).rejects.toThrow(message);
      expect(await numbers(model)).toEqual(before);
    }
  });

  it('skip what does not fit, and find layers by name', async () => {
    const model = net();
    await model.saveWeights(at('skip.weights.h5'));
    const wanted = await numbers(model);
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const wide = net(4);
    const before = await numbers(wide);
    await wide.loadWeights(at('skip.weights.h5'), { skipMismatch: true });
    expect(warn).toHaveBeenCalled();
    // The last layer's bias alone has the shape of the file.
    expect(await numbers(wide)).toEqual([...before.slice(0, -1), wanted.at(-1)]);
    const other = sequential({
      layers: [layers.dense({ units: 3, inputShape: [2], name: 'other' }), layers.dense({ units: 1, name: 'b' })],
    });
    const first = await numbers(other);
    await other.loadWeights(at('skip.weights.h5'), { byName: true });
    expect(await numbers(other)).toEqual([first[0], first[1], ...wanted.slice(-2)]);
  });

  it('keep every number of weights that are written in several pieces', async () => {
    // 1.2 MB each: a piece of 1 MiB and a rest, which is put together with what follows.
    const wide = (): Sequential =>
      sequential({ layers: [300, 1000, 300].map((units) => layers.dense({ units, inputShape: [300] })) });
    const model = wide();
    for (const name of ['wide.weights.h5', 'wide.keras']) {
      await (name.endsWith('.keras') ? model.save(at(name)) : model.saveWeights(at(name)));
      const other = wide();
      await other.loadWeights(at(name));
      expect(await numbers(other)).toEqual(await numbers(model));
    }
  });

  it('writes one moment of a model that trains on meanwhile', async () => {
    const model = await trained();
    await model.save(at('begin.keras'));
    const saving = model.save(at('moment.keras'));
    await model.fit(ones([8, 2]), ones([8, 1]), { epochs: 20, verbose: 0 });
    await saving;
    const saved = await loadModel(at('moment.keras'));
    const steps = (await saved.optimizer.iterations.data())[0] as number;
    const twin = await loadModel(at('begin.keras'));
    if (steps > 2) await twin.fit(ones([8, 2]), ones([8, 1]), { epochs: steps - 2, verbose: 0 });
    expect(await numbers(saved)).toEqual(await numbers(twin));
  });
});
