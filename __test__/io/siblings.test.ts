import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../ts/errors.ts';
import { type ByteSource, bytesInMemory, openFile } from '../../ts/io/bytes.ts';
import { pathOf, savePath } from '../../ts/io/paths.ts';
import { openUrl } from '../../ts/io/remote.ts';

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-siblings-'));
const inside = join(folder, 'inside');
const textOf = async (source: ByteSource): Promise<string> => Buffer.from(await source.read(0, source.size)).toString();

beforeAll(() => {
  mkdirSync(join(inside, 'deeper'), { recursive: true });
  writeFileSync(join(folder, 'secret.bin'), 'secret');
  writeFileSync(join(inside, 'model.json'), '{}');
  writeFileSync(join(inside, 'a.bin'), 'a');
  writeFileSync(join(inside, 'deeper', 'b.bin'), 'b');
  symlinkSync('a.bin', join(inside, 'link.bin'));
  symlinkSync(join(folder, 'secret.bin'), join(inside, 'out.bin'));
  symlinkSync('deeper/b.bin', join(inside, 'down.bin'));
  symlinkSync(inside, join(folder, 'other'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('sibling of a file', () => {
  it('opens files of the same folder by plain names', async () => {
    const model = await openFile(join(inside, 'model.json'));
    const sibling = await model.sibling?.('a.bin');
    expect(sibling && (await textOf(sibling))).toBe('a');
    const linked = await model.sibling?.('link.bin');
    expect(linked && (await textOf(linked))).toBe('a');
    for (const source of [model, sibling, linked]) await source?.close();
  });

  it('works when the folder is a link itself', async () => {
    const model = await openFile(join(folder, 'other', 'model.json'));
    const sibling = await model.sibling?.('a.bin');
    expect(sibling && (await textOf(sibling))).toBe('a');
    for (const source of [model, sibling]) await source?.close();
  });

  it.each([
    ['../secret.bin', 'only plain names'],
    ['..', 'only plain names'],
    ['.', 'only plain names'],
    ['', 'only plain names'],
    ['deeper/b.bin', 'only plain names'],
    ['deeper\\b.bin', 'only plain names'],
    ['/etc/passwd', 'only plain names'],
    ['C:a.bin', 'only plain names'],
    ['https://example.com/a.bin', 'only plain names'],
    ['a.bin\0', 'only plain names'],
    ['a'.repeat(256), 'only plain names'],
    ['out.bin', 'a link that leads out'],
    ['down.bin', 'a link that leads out'],
    ['missing.bin', 'cannot be read'],
    ['deeper', 'is no file, but a folder'],
  ])('refuses %j', async (name, says) => {
    const model = await openFile(join(inside, 'model.json'));
    await expect(model.sibling?.(name)).rejects.toThrow(says);
    await expect(model.sibling?.(name)).rejects.toMatchObject({ name: 'FileError' });
    await model.close();
  });

  it('bytes in memory have none', () => {
    expect(bytesInMemory('buffer', new Uint8Array(2)).sibling).toBe(undefined);
  });
});

describe('openUrl', () => {
  let server: Server;
  let base: string;
  /** Another server, which the first one redirects to. */
  let other: Server;
  let elsewhere: string;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url as string);
      if (request.url?.includes('missing')) response.writeHead(404).end();
      else if (request.url?.includes('endless')) {
        response
          .on('close', () => asked.push('closed'))
          .writeHead(500)
          .write('a');
      } else if (request.url?.includes('silent')) request.on('close', () => asked.push('closed'));
      else if (request.url?.includes('stops')) response.on('close', () => asked.push('closed')).write('a');
      else if (request.url?.includes('trickles')) {
        const timer = setInterval(() => response.write('a'), 5);
        response.on('close', () => {
          clearInterval(timer);
          asked.push('closed');
        });
      } else if (request.url?.startsWith('/to?'))
        response.writeHead(302, { location: decodeURIComponent(request.url.slice(4)) }).end('moved');
      else if (request.url === '/round') response.writeHead(307, { location: 'round' }).end();
      else if (request.url?.startsWith('/moved/'))
        response.writeHead(301, { location: `${elsewhere}${request.url}` }).end();
      else response.end(`of ${request.url}`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    other = createServer((request, response) => response.end(`other ${request.url}`));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const one of [server, other]) one.closeAllConnections();
    for (const one of [server, other]) one.close();
  });

  it('reads a file and those that belong to it', async () => {
    const model = await openUrl(new URL(`${base}/models/model.json?token=1`));
    expect(await textOf(model)).toBe('of /models/model.json?token=1');
    const sibling = (await model.sibling?.('group1-shard1of1.bin')) as ByteSource;
    expect(await textOf(sibling)).toBe('of /models/group1-shard1of1.bin?token=1');
    expect(await textOf((await model.sibling?.('../x.bin')) as ByteSource)).toBe('of /x.bin?token=1');
  });

  it.each([
    'http://example.com/a.bin',
    'https://127.0.0.1/a.bin',
    'file:///etc/passwd',
    '//example.com/a.bin',
    'data:text/plain,a',
  ])('refuses the part %s', async (part) => {
    const model = await openUrl(new URL(`${base}/models/model.json`));
    await expect(async () => model.sibling?.(part)).rejects.toThrow('only files of the same server are fetched');
  });

  it('says what the server answered', async () => {
    await expect(openUrl(new URL(`${base}/missing.json`))).rejects.toThrow('the server answers 404 Not Found');
    await expect(openUrl(new URL(`${base}/endless.json`))).rejects.toThrow('the server answers 500');
    await expect.poll(() => asked.at(-1)).toBe('closed');
    await expect(openUrl(new URL('http://127.0.0.1:1/a'))).rejects.toMatchObject({ name: 'FileError' });
    await expect(openUrl(new URL('file:///etc/passwd'))).rejects.toThrow('only http: and https: are fetched');
  });

  it.each([
    ['silent', { idle: 200 }, /the server sent nothing for 0\.2 s/],
    ['stops', { idle: 200 }, /the server sent nothing for 0\.2 s/],
    [
      'trickles',
      { timeout: 300 },
      /it was not there after 0\.3 s; loadModel\(url, \{ timeout: milliseconds \}\) waits longer/,
    ],
  ])('breaks off what %s', async (what, given, says) => {
    asked.length = 0;
    const opened = openUrl(new URL(`${base}/${what}.json`), given);
    await expect(opened).rejects.toThrow(says);
    await expect(opened).rejects.toMatchObject({ name: 'FileError' });
    await expect.poll(() => asked).toContain('closed');
  });

  it('counts the time of the file and its parts together, and no silence while something comes', async () => {
    const model = await openUrl(new URL(`${base}/model.json`), { timeout: 1500, idle: 750 });
    await expect(model.sibling?.('trickles.bin')).rejects.toThrow(
      /trickles\.bin cannot be read: it was not there after 1\.5 s/,
    );
    await expect(model.sibling?.('late.bin')).rejects.toThrow('it was not there after 1.5 s');
    const patient = await openUrl(new URL(`${base}/model.json`), { timeout: Number.POSITIVE_INFINITY });
    expect(await textOf(patient)).toBe('of /model.json');
  });

  it('follows redirects of the file and its parts, to other servers too', async () => {
    const model = await openUrl(new URL(`${base}/moved/model.json`));
    expect(await textOf(model)).toBe('other /moved/model.json');
    // What belongs to it is where the caller said.
    expect(await textOf((await model.sibling?.('a.bin')) as ByteSource)).toBe('other /moved/a.bin');
    await expect(async () => model.sibling?.(`${elsewhere}/moved/a.bin`)).rejects.toThrow(
      'only files of the same server',
    );
  });

  it.each([
    ['file:///etc/passwd', /is redirected to "file:\/\/\/etc\/passwd"; from http: only http: and https: are followed/],
    ['data:text/plain,a', /is redirected to "data:text\/plain,a"/],
    ['http://[', /is redirected to "http:\/\/\["/],
    ['http://a:b@127.0.0.1/', /credentials/],
  ])('follows no redirect to %s', async (to, says) => {
    const opened = openUrl(new URL(`${base}/to?${encodeURIComponent(to)}`));
    await expect(opened).rejects.toThrow(says);
    await expect(opened).rejects.toMatchObject({ name: 'FileError' });
    const model = await openUrl(new URL(`${base}/model.json`));
    await expect(model.sibling?.(`/to?${encodeURIComponent(to)}`)).rejects.toThrow(says);
  });

  it('follows redirects 10 times, and none from https: to http:', async () => {
    asked.length = 0;
    await expect(openUrl(new URL(`${base}/round`))).rejects.toThrow('the server redirects more than 10 times');
    expect(asked).toHaveLength(11);
    const answer = new Response(null, { status: 302, headers: { location: `${base}/open.json` } });
    const fetching = vi.spyOn(globalThis, 'fetch').mockResolvedValueOnce(answer);
    await expect(openUrl(new URL('https://127.0.0.1/model.json'))).rejects.toThrow('from https: only https:');
    fetching.mockRestore();
  });
});

describe('paths', () => {
  it('takes texts, file:// and URLs of files', () => {
    expect(pathOf('load', 'a/model.json')).toBe('a/model.json');
    expect(pathOf('load', 'file://./a/model.json')).toBe('./a/model.json');
    expect(pathOf('load', 'file:///a/model.json')).toBe('/a/model.json');
    expect(pathOf('load', new URL('file:///a%20b/model.json'))).toBe('/a b/model.json');
    expect(() => pathOf('load', new URL('http://a/b'))).toThrow('load: http://a/b is no file');
    const escaped = new URL('file:///a%2fb');
    expect(() => pathOf('load', escaped)).toThrow(new ConfigError('load: file:///a%2fb is no file'));
    for (const wrong of ['', 5, null, 'a\0b'])
      expect(() => pathOf('load', wrong)).toThrow('load: the path must be a text');
  });

  it('saves to a folder where TensorFlow.js does', async () => {
    expect(await savePath('save', `${folder}/`)).toBe(join(folder, 'model.json'));
    expect(await savePath('save', inside)).toBe(join(inside, 'model.json'));
    expect(await savePath('save', 'file://./new-model')).toBe(join('new-model', 'model.json'));
    expect(await savePath('save', 'new-model')).toBe('new-model');
  });
});
