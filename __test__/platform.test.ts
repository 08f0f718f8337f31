import { describe, expect, it } from 'vitest';
import {
  describePlatform,
  detectPlatform,
  explainLoadFailure,
  type Platform,
  platformName,
  platformPackage,
} from '../ts/platform.ts';

const linux: Platform = {
  os: 'linux',
  arch: 'x64',
  libc: { name: 'glibc', version: '2.36' },
  node: 'v20.19.0',
  electron: null,
};
const musl: Platform = { ...linux, arch: 'arm64', libc: { name: 'musl', version: null } };
const published = ['@hornbeam/native-linux-x64-gnu', '@hornbeam/native-linux-arm64-gnu'];

describe('platforms', () => {
  it('are named as their packages are', () => {
    expect(platformPackage(linux)).toBe('@hornbeam/native-linux-x64-gnu');
    expect(platformName(musl)).toBe('linux-arm64-musl');
    expect(platformName({ ...linux, os: 'darwin', arch: 'arm64', libc: null })).toBe('darwin-arm64');
    expect(platformName({ ...linux, os: 'win32', libc: null })).toBe('win32-x64-msvc');
  });

  it('are described with what decides', () => {
    expect(describePlatform(linux)).toBe('linux-x64-gnu (glibc 2.36, Node v20.19.0)');
    expect(describePlatform(musl)).toBe('linux-arm64-musl (musl, Node v20.19.0)');
    expect(describePlatform({ ...linux, libc: null })).toContain('unknown libc');
    expect(describePlatform({ ...linux, electron: '33.0.0' })).toContain('Electron 33.0.0');
  });

  it('are found: this one', () => {
    const here = detectPlatform();
    expect(here).toMatchObject({ os: process.platform, arch: process.arch, node: process.version, electron: null });
    expect(here.libc === null).toBe(process.platform !== 'linux');
  });
});

describe('the message for an addon that does not load', () => {
  const missing = Object.assign(new Error("Cannot find module '@hornbeam/native-linux-x64-gnu'\nRequire stack:"), {
    code: 'MODULE_NOT_FOUND',
  });

  it('names platform, package and the usual fixes', () => {
    const text = explainLoadFailure(linux, { present: false, published }, missing);
    expect(text).toContain('did not load on linux-x64-gnu (glibc 2.36, Node v20.19.0)');
    expect(text).toContain('@hornbeam/native-linux-x64-gnu, which is not in node_modules');
    for (const fix of ['--omit=optional', 'copied from another system', 'asarUnpack', 'doctor'])
      expect(text).toContain(fix);
    expect(text).toContain('npm install --os=linux --cpu=x64 --libc=glibc');
    expect(text).not.toContain('Cannot find');
  });

  it('says why a package that is there did not load', () => {
    const cause = new Error('Cannot find native binding.', {
      cause: new Error('version `GLIBC_2.17` not found\nby x'),
    });
    const text = explainLoadFailure(linux, { present: true, published }, cause);
    expect(text).toContain('which is in node_modules');
    expect(text).toContain('The loader said: version `GLIBC_2.17` not found');
  });

  it('says what a platform without a package could use', () => {
    const text = explainLoadFailure(musl, { present: false, published }, missing);
    expect(text).toContain('@hornbeam/native-linux-arm64-musl, which this version was not published with');
    expect(text).toContain('there is @hornbeam/native-linux-x64-gnu, @hornbeam/native-linux-arm64-gnu');
    expect(text).not.toContain('Usual fixes');
  });

  it('says in a clone how to build', () => {
    expect(explainLoadFailure(linux, { present: false, published: [] }, missing)).toContain('npm run build:native');
  });
});
