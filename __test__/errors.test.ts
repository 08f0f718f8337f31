import { describe, expect, test } from 'vitest';
import { ConfigError, DataError, fromNative, HornbeamError, NativeError, ShapeError } from '../ts/errors.ts';

const thrown = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('errors of the addon', () => {
  test('become the class their code names', () => {
    const error = fromNative(thrown('ShapeError', 'add: no'));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toBeInstanceOf(HornbeamError);
    expect(error).toMatchObject({ name: 'ShapeError', code: 'ShapeError', message: 'add: no' });
  });

  test('of rejected promises carry the code in the message', () => {
    const error = fromNative(thrown('GenericFailure', 'DataError\u001flabel 12 of sample 3'));
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toBe('label 12 of sample 3');
  });

  test('that are panics or wrong argument types are NativeError and keep their cause', () => {
    const panic = thrown('GenericFailure', 'index out of bounds');
    const error = fromNative(panic);
    expect(error).toBeInstanceOf(NativeError);
    expect((error as Error).cause).toBe(panic);
    expect(fromNative(thrown('NumberExpected', 'no number'))).toBeInstanceOf(NativeError);
  });

  test('that came from JavaScript pass through', () => {
    const own = new ConfigError('mine');
    const file = thrown('ENOENT', 'no file');
    for (const error of [own, file, new TypeError('x'), 'text', undefined]) expect(fromNative(error)).toBe(error);
  });
});

test('the first line of the stack names the class', () => {
  expect(new ConfigError('mine').stack?.split('\n')[0]).toBe('ConfigError: mine');
});
