import { describe, expect, it } from 'vitest';
import { FileError } from '../../ts/errors.ts';
import { parseJson } from '../../ts/io/json.ts';

describe('parseJson', () => {
  it.each([
    '{"a": [1, {"b": "x\\"y:\\\\"}, null, true], "a\\"b": ": {", "": 0}',
    '[]',
    '"a"',
    ' 1.5e3 ',
    '{"constructor": 1}',
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseJson('f', text)).toEqual(JSON.parse(text));
    expect(parseJson('f', new TextEncoder().encode(text))).toEqual(JSON.parse(text));
  });

  it.each([
    ['', /f is no JSON/],
    ['{"a": NaN}', /f is no JSON/],
    ['"never ends \\"', /f is no JSON/],
    ['{"\\x": 1}', /f is no JSON/],
    [new Uint8Array([0x22, 0xff, 0x22]), /no UTF-8/],
    ['{"a": 1, "b": {"a": 2}, "a": 3}', /f has the key "a" twice/],
    ['{"a": 1, "\\u0061": 3}', /f has the key "a" twice/],
    ['{"__proto__": {"isAdmin": true}}', /f has the key "__proto__"/],
    ['{"\\u005f_proto__" : 1}', /f has the key "__proto__"/],
    ['[1e999]', /beyond the largest double/],
    ['['.repeat(65) + ']'.repeat(65), /more than 64 levels/],
    ['['.repeat(100_000), /more than 64 levels/],
    [`[${'0,'.repeat(1_000_000)}0]`, /more than 1000000 values/],
  ])('refuses %.40s', (text, says) => {
    expect(() => parseJson('f', text)).toThrow(FileError);
    expect(() => parseJson('f', text)).toThrow(says);
  });

  it('refuses a text that is too long before it looks at it', () => {
    expect(() => parseJson('f', '[1, 2]', { bytes: 5 })).toThrow(/f has 6 bytes of JSON; at most 5 are read/);
  });
});
