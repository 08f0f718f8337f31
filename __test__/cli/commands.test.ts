import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as hornbeam from 'hornbeam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../ts/cli/commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-cli-'));
const source = join(folder, 'tfjs', 'model.json');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const { layers, ones, sequential } = hornbeam;
  const net = sequential({
    name: 'net',
    layers: [layers.dense({ units: 4, activation: 'relu', inputShape: [3] }), layers.dense({ units: 2 })],
  });
  net.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await net.trainOnBatch(ones([2, 3]), ones([2, 2]));
  await net.save(source);
  net.dispose();
});

/** What a command line printed, to people and to standard output, and its exit code. */
async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, {
    load: async () => hornbeam,
    print: (line) => void out.push(line),
    warn: (line) => void err.push(line),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('hornbeam convert', () => {
  it.each(['model.keras', 'model.safetensors', 'again/model.json', 'folder/'])('to %s and back', async (name) => {
    const target = join(folder, 'to', name);
    mkdirSync(join(folder, 'to'), { recursive: true });
    const there = await command('convert', source, target);
    expect(there).toMatchObject({ code: 0, err: '' });
    expect(there.out).toMatch(
      /model\.json: Sequential "net", 26 parameters, .* in 2 files\n.*: written, .*, with its optimizer/,
    );
    const back = join(folder, 'back', name.replace(/\W/g, '_'), 'model.json');
    expect(await command('convert', target, back)).toMatchObject({ code: 0, err: '' });
    const [first, last] = await Promise.all([source, back].map((path) => hornbeam.loadModel(path)));
    for (const [i, weight] of (first as hornbeam.Model).getWeights().entries())
      expect(await (last as hornbeam.Model).getWeights()[i]?.data()).toEqual(await weight.data());
    expect((await last?.optimizer.iterations.data())?.[0]).toBe(1);
  });

  it('writes weights alone', async () => {
    const target = join(folder, 'weights.npz');
    const { code, out } = await command('convert', join(folder, 'tfjs'), target);
    expect(code).toBe(0);
    expect(out).toContain(`${target}: written, `);
    expect(out).toContain('weights alone');
    expect(Object.keys(await hornbeam.readNpz(target))).toEqual([
      'layers/dense/vars/0',
      'layers/dense/vars/1',
      'layers/dense_1/vars/0',
      'layers/dense_1/vars/1',
    ]);
  });

  it('leaves the optimizer out', async () => {
    const target = join(folder, 'plain', 'model.json');
    const { out } = await command('convert', '--no-optimizer', source, target);
    expect(out).not.toContain('optimizer');
    expect(JSON.parse(readFileSync(target, 'utf8'))).not.toHaveProperty('trainingConfig');
  });

  it('keeps a file that is there unless it is told otherwise', async () => {
    const target = join(folder, 'there.safetensors');
    writeFileSync(target, 'mine');
    const { code, err } = await command('convert', source, target);
    expect(code).toBe(1);
    expect(err).toBe(`hornbeam: save: ${target} is there already, and overwrite is false`);
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect((await command('convert', source, target, '--overwrite')).code).toBe(0);
  });

  it.each([
    [['missing.keras', 'b.keras'], 'missing.keras cannot be read'],
    [[source, join(folder, 'b.pth')], 'there is no format ".pth"'],
    [[source, join(folder, 'nothing')], 'has no ending'],
  ])('says in a line what failed: %j', async (args, says) => {
    const { code, err, out } = await command('convert', ...(args as string[]));
    expect(code).toBe(1);
    expect(err).toContain(says);
    expect(err).not.toContain('\n    at ');
    expect(out).toBe('');
  });
});

describe('hornbeam summary', () => {
  it.each([source, join(folder, 'tfjs')])('prints layers, inputs, optimizer and size', async (file) => {
    const { code, out, err } = await command('summary', file);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const text of ['Model: "net"', 'dense', 'Total params', 'input      [null, 3]', 'output     [null, 2]'])
      expect(out).toContain(text);
    expect(out).toContain('optimizer  Adam, learning rate 0.001, 1 step taken');
    expect(out).toMatch(/file {7}.*model\.json, .* in 2 files$/);
  });

  it('takes a width', async () => {
    const lines = (await command('summary', source, '--width', '60')).out.split('\n');
    expect(Math.max(...lines.slice(0, -4).map(({ length }) => length))).toBeLessThanOrEqual(60);
  });

  it('fails in a line', async () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"format": "graph-model"}');
    const { code, err } = await command('summary', broken);
    expect(code).toBe(1);
    expect(err).toContain(`hornbeam: ${broken} is a graph model`);
    expect(err.split('\n').length).toBe(1);
  });
});

describe('usage', () => {
  it.each([
    [[], 'hornbeam <command>'],
    [['help'], 'hornbeam <command>'],
    [['--help'], 'hornbeam <command>'],
    [['help', 'convert'], 'hornbeam convert FROM TO'],
    [['convert', '--help'], 'hornbeam convert FROM TO'],
    [['summary', '-h'], 'hornbeam summary FILE'],
  ])('%j prints it', async (args, says) => {
    const { code, out } = await command(...args);
    expect(code).toBe(0);
    expect(out).toContain(says);
  });

  it.each([
    [['convret'], 'unknown command "convret"'],
    [['doctor', 'now'], 'unknown command "doctor now"'],
    [['convert'], 'convert takes two files, got 0'],
    [['convert', 'a.keras'], 'convert takes two files, got 1'],
    [['convert', 'a', 'b', 'c'], 'convert takes two files, got 3'],
    [['convert', 'a', 'b', '--fast'], "Unknown option '--fast'"],
    [['summary'], 'summary takes one file, got 0'],
    [['summary', 'a', '--width', 'wide'], '--width must be a whole number'],
  ])('%j is none: code 2', async (args, says) => {
    const { code, err, out } = await command(...args);
    expect(code).toBe(2);
    expect(err).toContain(says);
    expect(err).toContain('hornbeam ');
    expect(out).toBe('');
    expect(existsSync('b')).toBe(false);
  });
});
