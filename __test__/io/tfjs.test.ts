import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  ConfigError,
  FileError,
  io,
  layers,
  loadLayersModel,
  loadModel,
  optimizers,
  type Sequential,
  StateError,
  sequential,
  train,
} from '../../ts/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.restoreAllMocks());
let count = 0;
const fresh = (): string => join(folder, `${count++}`);

const small = (): Sequential =>
  sequential({
    layers: [
      layers.dense({ units: 4, activation: 'relu', inputShape: [3], name: 'first' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.dense({ units: 2, name: 'second' }),
    ],
  });
const x = [
  [1, 2, 3],
  [-1, 0.5, 2],
];
const y = [
  [1, 0],
  [0, 1],
];
const outputs = async (model: { predict: Sequential['predict'] }): Promise<number[]> => [
  ...(await model.predict(x).data()),
];
const saved: io.SaveResult = { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
interface Written {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; group?: string }[] }[];
  [key: string]: unknown;
}
const jsonOf = (path: string): Written => JSON.parse(readFileSync(path, 'utf8')) as Written;

describe('files that are written', () => {
  it('hold the weights in the order of TensorFlow.js', async () => {
    const own = fresh();
    await small().save(`${own}/`);
    const { weightsManifest, ...rest } = jsonOf(join(own, 'model.json'));
    expect(weightsManifest).toEqual([
      {
        paths: ['group1-shard1of1.bin'],
        weights: [
          { name: 'first/kernel', shape: [3, 4], dtype: 'float32' },
          { name: 'first/bias', shape: [4], dtype: 'float32' },
          { name: 'norm/gamma', shape: [4], dtype: 'float32' },
          { name: 'norm/beta', shape: [4], dtype: 'float32' },
          { name: 'second/kernel', shape: [4, 2], dtype: 'float32' },
          { name: 'second/bias', shape: [2], dtype: 'float32' },
          { name: 'norm/moving_mean', shape: [4], dtype: 'float32' },
          { name: 'norm/moving_variance', shape: [4], dtype: 'float32' },
        ],
      },
    ]);
    expect(rest).toMatchObject({ format: 'layers-model', convertedBy: null });
    expect(rest).not.toHaveProperty('trainingConfig');
  });

  it('hold the state of the optimizer behind the weights', async () => {
    const own = fresh();
    const net = small();
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['mae'] });
    await net.trainOnBatch(x, y);
    await net.save(`${own}/`);
    const { weightsManifest, trainingConfig } = jsonOf(join(own, 'model.json'));
    const state = (weightsManifest[0] as Written['weightsManifest'][0]).weights.filter(
      ({ group }) => group === 'optimizer',
    );
    expect(state.map(({ name }) => name)).toEqual([
      'iter',
      ...['m', 'v'].flatMap((slot) =>
        ['first/kernel', 'first/bias', 'norm/gamma', 'norm/beta', 'second/kernel', 'second/bias'].map(
          (name) => `${name}/${slot}`,
        ),
      ),
    ]);
    expect(trainingConfig).toMatchObject({ loss: 'mean_squared_error', optimizer_config: { class_name: 'Adam' } });
    const without = fresh();
    await net.save(`${without}/`, { includeOptimizer: false });
    expect(jsonOf(join(without, 'model.json'))).not.toHaveProperty('trainingConfig');
  });

  it('are shards of 4 MB at most', async () => {
    const own = fresh();
    const net = sequential({ layers: [layers.dense({ units: 1500, inputShape: [900] }), layers.dense({ units: 2 })] });
    await net.save(join(own, 'model.json'));
    const { weightsManifest } = jsonOf(join(own, 'model.json'));
    const paths = weightsManifest.flatMap((group) => group.paths);
    expect(paths).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin']);
    expect(paths.map((path) => statSync(join(own, path)).size)).toEqual([4194304, net.countParams() * 4 - 4194304]);
    const again = await loadModel(join(own, 'model.json'));
    const others = again.getWeights();
    for (const [i, weight] of net.getWeights().entries()) {
      const other = (await others[i]?.data()) ?? new Float32Array();
      const [a, b] = [(await weight.data()).buffer, other.buffer];
      expect(Buffer.from(a).equals(Buffer.from(b))).toBe(true);
    }
  });

  it('replace a model, and leave none of its shards', async () => {
    const own = fresh();
    const net = small();
    writeFileSync(join(folder, 'other.bin'), 'x');
    mkdirSync(own);
    writeFileSync(join(own, 'notes.bin'), 'mine');
    for (let i = 0; i < 3; i++) {
      net.setWeights(net.getWeights().map((weight) => weight.add(1)));
      await net.save(`${own}/`);
      expect(await outputs(await loadModel(join(own, 'model.json')))).toEqual(await outputs(net));
      expect(readdirSync(own).sort()).toEqual([`group${1 + (i % 2)}-shard1of1.bin`, 'model.json', 'notes.bin']);
    }
    await expect(net.save(`${own}/`, { overwrite: false })).rejects.toThrow(
      `save: ${join(own, 'model.json')} is there already, and overwrite is false`,
    );
  });

  it('leave the old model whole when the new one cannot be written', async () => {
    const own = fresh();
    const net = small();
    await net.save(`${own}/`);
    const before = await outputs(net);
    // A folder stands where the shard would go.
    mkdirSync(join(own, 'group2-shard1of1.bin'));
    mkdirSync(join(own, 'group3-shard1of1.bin', 'x'), { recursive: true });
    net.setWeights(net.getWeights().map((weight) => weight.add(1)));
    await net.save(`${own}/`);
    expect(await outputs(await loadModel(join(own, 'model.json')))).not.toEqual(before);
  });

  it('are of one model each, when two are saved to one folder at once', async () => {
    const own = fresh();
    const [one, two] = [small(), small()];
    const [a, b] = [join(own, 'a.json'), join(own, 'b.json')];
    await Promise.all([one.save(a), two.save(b)]);
    expect(await outputs(await loadModel(a))).toEqual(await outputs(one));
    expect(await outputs(await loadModel(b))).toEqual(await outputs(two));
    expect(readdirSync(own).sort()).toEqual(['a.json', 'b.json', 'group1-shard1of1.bin', 'group2-shard1of1.bin']);
  });

  it('are of one of the models, and nothing is left of the others, when several are saved to one file at once', async () => {
    const own = fresh();
    const models = [small(), small(), small()];
    for (let round = 0; round < 2; round++) {
      await Promise.all(models.map((net) => net.save(`${own}/`)));
      const found = await outputs(await loadModel(join(own, 'model.json')));
      expect(await Promise.all(models.map(outputs))).toContainEqual(found);
      expect(readdirSync(own)).toHaveLength(2);
    }
  });

  it('stay when the shards of the model before cannot be removed', async () => {
    const own = fresh();
    const net = small();
    await net.save(`${own}/`);
    // A folder is not removed, as a file is not on Windows that somebody has open.
    rmSync(join(own, 'group1-shard1of1.bin'));
    mkdirSync(join(own, 'group1-shard1of1.bin', 'x'), { recursive: true });
    await net.save(`${own}/`);
    expect(await outputs(await loadModel(join(own, 'model.json')))).toEqual(await outputs(net));
  });

  it('need a model that is built, with names that differ', async () => {
    await expect(sequential({ layers: [layers.dense({ units: 1 })] }).save(`${fresh()}/`)).rejects.toThrow(StateError);
    const inner = () => sequential({ layers: [layers.dense({ units: 3, inputShape: [3], name: 'same' })] });
    const net = sequential({ layers: [inner(), inner()] });
    await expect(net.save(`${fresh()}/`)).rejects.toThrow('two weights would be called "same/kernel"');
  });

  it('say that TensorFlow.js does not have an optimizer', async () => {
    const warnings: string[] = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
    const own = fresh();
    const net = small();
    net.compile({ optimizer: new optimizers.AdamW(), loss: 'meanSquaredError' });
    await net.trainOnBatch(x, y);
    await net.save(`${own}/`);
    expect(warnings.join()).toContain('AdamW');
    expect(jsonOf(join(own, 'model.json'))).not.toHaveProperty('trainingConfig');
    expect((await loadModel(join(own, 'model.json'))).isCompiled).toBe(false);
  });

  it('say that TensorFlow.js does not keep the state of an optimizer', async () => {
    const warnings: string[] = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
    const own = fresh();
    const net = small();
    net.compile({ optimizer: new optimizers.Adamax(), loss: 'meanSquaredError' });
    await net.trainOnBatch(x, y);
    await net.save(`${own}/`);
    expect(warnings).toEqual([expect.stringContaining('without the state of Adamax')]);
    expect((await loadModel(join(own, 'model.json'))).optimizer.getClassName()).toBe('Adamax');
  });
});

describe('paths', () => {
  it('are those of TensorFlow.js: a folder to save to, a model.json to load', async () => {
    const own = fresh();
    const net = small();
    await net.save(`file://${own}`);
    expect(existsSync(join(own, 'model.json'))).toBe(true);
    const ways = [`file://${own}/model.json`, join(own, 'model.json'), pathToFileURL(join(own, 'model.json'))];
    for (const way of [...ways, `file://${relative(process.cwd(), own)}/model.json`])
      expect(await outputs(await loadLayersModel(way))).toEqual(await outputs(net));
    await expect(loadLayersModel(`file://${own}`)).rejects.toThrow(FileError);
  });

  it('that bytes of a model.json cannot have are asked for', async () => {
    const own = fresh();
    await small().save(`${own}/`);
    await expect(loadModel(readFileSync(join(own, 'model.json')))).rejects.toThrow('names files of weights beside it');
  });

  describe('at a server', () => {
    let server: Server;
    let base: string;
    const own = join(folder, 'served');
    const asked: string[] = [];
    beforeAll(async () => {
      await small().save(`${own}/`);
      server = createServer((request, response) => {
        asked.push(request.url as string);
        const path = join(own, (request.url as string).split('?')[0] as string);
        if (existsSync(path)) response.end(readFileSync(path));
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => void server.close());

    it('are loaded with their shards', async () => {
      const net = await loadLayersModel(`${base}/model.json?token=7`);
      expect(await outputs(net)).toEqual(await outputs(await loadModel(join(own, 'model.json'))));
      expect(asked).toEqual(['/model.json?token=7', '/group1-shard1of1.bin?token=7']);
    });

    it('are downloaded once, also several of them', async () => {
      const large = sequential({
        layers: [layers.dense({ units: 1100, inputShape: [1000] }), layers.dense({ units: 1 })],
      });
      await large.save(join(own, 'large.json'));
      asked.length = 0;
      const again = await loadModel(`${base}/large.json`);
      expect(asked.sort()).toEqual(['/group1-shard1of2.bin', '/group1-shard2of2.bin', '/large.json']);
      const [weight, other] = [large, again].map((net) => net.getWeights()[0]?.dataSync().buffer as ArrayBuffer);
      expect(Buffer.from(weight as ArrayBuffer).equals(Buffer.from(other as ArrayBuffer))).toBe(true);
    });

    it('are not left', async () => {
      const model = jsonOf(join(own, 'model.json'));
      const [group] = model.weightsManifest as [Written['weightsManifest'][0]];
      group.paths = ['http://localhost:1/group1-shard1of1.bin'];
      writeFileSync(join(own, 'elsewhere.json'), JSON.stringify(model));
      await expect(loadModel(`${base}/elsewhere.json`)).rejects.toThrow('only files of the same server are fetched');
      await expect(loadModel(`${base}/missing.json`)).rejects.toThrow('the server answers 404');
    });
  });
});

describe('handlers', () => {
  it('save and load a model with the state of its training', async () => {
    const net = small();
    net.compile({ optimizer: train.adam(0.01), loss: 'meanSquaredError' });
    await net.trainOnBatch(x, y);
    net.setUserDefinedMetadata({ version: 2 });
    let artifacts: io.ModelArtifacts = {};
    const result = await net.save(
      io.withSaveHandler(async (given) => {
        artifacts = given;
        return saved;
      }),
    );
    expect(result).toBe(saved);
    expect(artifacts).toMatchObject({ format: 'layers-model', convertedBy: null, userDefinedMetadata: { version: 2 } });
    const again = await loadModel(io.fromMemory(artifacts));
    expect(await outputs(again)).toEqual(await outputs(net));
    expect(again.getUserDefinedMetadata()).toEqual({ version: 2 });
    await Promise.all([net, again].map((model) => model.trainOnBatch(x, y)));
    expect(await outputs(again)).toEqual(await outputs(net));
  });

  it('take the older form of fromMemory, and buffers in pieces', async () => {
    const net = small();
    let artifacts: io.ModelArtifacts = {};
    await net.save({
      save: (given) => {
        artifacts = given;
        return saved;
      },
    });
    const { modelTopology = {}, weightSpecs, weightData } = artifacts;
    const whole = weightData as ArrayBuffer;
    const pieces = [whole.slice(0, 7), whole.slice(7, 60), whole.slice(60)];
    const again = await loadLayersModel(io.fromMemory(modelTopology, weightSpecs, pieces));
    expect(await outputs(again)).toEqual(await outputs(net));
    const topology = await loadModel(io.fromMemory(modelTopology));
    expect(topology.countParams()).toBe(net.countParams());
  });

  it('pass on what they throw', async () => {
    const failing: io.IOHandler = {
      save() {
        throw new RangeError('no room');
      },
      load: async () => Promise.reject(new RangeError('gone')),
    };
    await expect(small().save(failing)).rejects.toThrow(RangeError);
    await expect(loadModel(failing)).rejects.toThrow(RangeError);
  });

  it('are refused when they are none, or give no model', async () => {
    await expect(small().save({ load: () => ({}) })).rejects.toThrow('the handler has no function save');
    await expect(loadModel({ save: () => saved })).rejects.toThrow('the handler has no function load');
    expect(() => io.withSaveHandler(5 as never)).toThrow(ConfigError);
    expect(() => io.fromMemory(null as never)).toThrow(ConfigError);
    const gives = (artifacts: unknown) => loadModel({ load: () => artifacts as io.ModelArtifacts });
    await expect(gives(undefined)).rejects.toThrow('what the handler gave: what load gave must be an object');
    await expect(gives({})).rejects.toThrow('modelTopology must be an object');
    await expect(gives({ modelTopology: {}, weightData: 'x', weightSpecs: [] })).rejects.toThrow('weightData must be');
    await expect(gives({ modelTopology: {}, weightData: new ArrayBuffer(3), weightSpecs: [] })).rejects.toThrow(
      'take 0 bytes by their shapes, but weightData has 3',
    );
    await expect(gives({ modelTopology: {}, weightData: new ArrayBuffer(3) })).rejects.toThrow(
      'weightSpecs must be a list',
    );
    await expect(
      gives({ modelTopology: {}, weightSpecs: [{ name: 'w', shape: [1], dtype: 'float32' }] }),
    ).rejects.toThrow('weightSpecs describes 1 weights, but there is no weightData');
    const own = fresh();
    await small().save(`${own}/`);
    await expect(loadModel(io.fromMemory(jsonOf(join(own, 'model.json'))))).rejects.toThrow(
      'weightsManifest names files, but a handler gives weightSpecs and weightData instead',
    );
  });
});

describe('metadata of the user', () => {
  it('are copied, and must be JSON', () => {
    const net = small();
    const mine = { list: [1, { a: null }] };
    net.setUserDefinedMetadata(mine);
    mine.list.length = 0;
    expect(net.getUserDefinedMetadata()).toEqual({ list: [1, { a: null }] });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const wrong of [circle, null, 5, 'x', [1], { big: 1n }, () => 1])
      expect(() => net.setUserDefinedMetadata(wrong as never)).toThrow('must be an object that JSON can hold');
  });
});

describe('loadWeights', () => {
  it('goes by order, or by name', async () => {
    const own = fresh();
    const net = small();
    await net.save(`${own}/`);
    const path = join(own, 'model.json');
    const others = sequential({
      layers: [
        layers.dense({ units: 4, activation: 'relu', inputShape: [3] }),
        layers.batchNormalization(),
        layers.dense({ units: 2 }),
      ],
    });
    await others.loadWeights(path);
    expect(await outputs(others)).toEqual(await outputs(net));

    const part = sequential({
      layers: [
        layers.dense({ units: 4, activation: 'relu', inputShape: [3], name: 'first' }),
        layers.dense({ units: 5, name: 'new', kernelInitializer: 'ones' }),
      ],
    });
    await part.loadWeights(path, { byName: true });
    expect(await part.getLayer('first').getWeights()[0]?.data()).toEqual(await net.getWeights()[0]?.data());
    expect(await part.getLayer('new').getWeights()[0]?.data()).toEqual(new Float32Array(20).fill(1));
    await expect(part.loadWeights(path)).rejects.toThrow(FileError);
  });

  it('leaves out what does not fit, when it is told to', async () => {
    const warnings: string[] = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
    const own = fresh();
    const net = small();
    await net.save(`${own}/`);
    const wider = sequential({
      layers: [
        layers.dense({ units: 4, activation: 'relu', inputShape: [3] }),
        layers.batchNormalization(),
        layers.dense({ units: 3, kernelInitializer: 'ones' }),
      ],
    });
    const path = join(own, 'model.json');
    await expect(wider.loadWeights(path)).rejects.toThrow('has shape [4, 3], but the file holds shape [4, 2]');
    await wider.loadWeights(path, { skipMismatch: true });
    expect(warnings.length).toBe(2);
    expect(await wider.getWeights()[0]?.data()).toEqual(await net.getWeights()[0]?.data());
    expect(await wider.getWeights()[6]?.data()).toEqual(new Float32Array(12).fill(1));
  });
});
