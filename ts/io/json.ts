import { FileError } from '../errors.ts';
import { limits } from './limits.ts';

/** Limits of one text, where they differ from those of all. */
export interface JsonLimits {
  /** Bytes of the text. Default 64 MiB. */
  readonly bytes?: number;
}

/**
 * The value of a JSON text of a file, `name` being what errors call it.
 *
 * Refused beside what is no JSON: more than 64 levels, more than a million values, a key twice in one object, the key
 * `__proto__`, numbers beyond the largest double, bytes that are no UTF-8. Other keys of every object's prototype
 * (`constructor`) are keys like all others.
 * @throws FileError that says where.
 */
export function parseJson(
  name: string,
  text: Uint8Array | string,
  { bytes = limits.jsonBytes }: JsonLimits = {},
): unknown {
  const length = typeof text === 'string' ? text.length : text.byteLength;
  if (length > bytes) throw new FileError(`${name} has ${length} bytes of JSON; at most ${bytes} are read`);
  const json = typeof text === 'string' ? text : decode(name, text);
  // Before JSON.parse: what it would build may be a thousand times larger than the text, or too deep to walk.
  scan(name, json);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new FileError(`${name} is no JSON: ${(cause as Error).message}`, { cause });
  }
  checkNumbers(name, value);
  return value;
}

/** An object of a JSON text. @throws FileError for anything else. */
export function parseJsonObject(name: string, text: Uint8Array | string, bounds?: JsonLimits): Record<string, unknown> {
  const value = parseJson(name, text, bounds);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FileError(`${name} must hold a JSON object, got ${Array.isArray(value) ? 'a list' : String(value)}`);
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FileError(`${name} is no JSON: its bytes are no UTF-8`, { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Counts levels and values and compares keys, without building anything. What is no JSON otherwise is left to JSON.parse. */
function scan(name: string, json: string): void {
  /** Of every object or list that is open, its keys; of a list, nothing. */
  const open: (Set<string> | undefined)[] = [];
  let values = 1;
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === OPEN_LIST || character === OPEN_OBJECT) {
      values += 1;
      open.push(character === OPEN_OBJECT ? new Set() : undefined);
      if (open.length > limits.jsonDepth)
        throw new FileError(`${name} has more than ${limits.jsonDepth} levels of lists and objects`);
    } else if (character === CLOSE_LIST || character === CLOSE_OBJECT) open.pop();
    else if (character === COMMA) values += 1;
    else if (character === QUOTE) {
      const end = endOfString(json, at);
      const keys = open.at(-1);
      if (keys !== undefined && followedByColon(json, end)) addKey(name, keys, json.slice(at, end));
      at = end - 1;
    }
    if (values > limits.jsonValues)
      throw new FileError(`${name} holds more than ${limits.jsonValues} values; that is no model`);
  }
}

/** Place behind the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = json.indexOf('"', at);
    if (at < 0) return json.length;
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
}

function followedByColon(json: string, from: number): boolean {
  let at = from;
  while (json.charCodeAt(at) <= 0x20) at += 1;
  return json.charCodeAt(at) === COLON;
}

function addKey(name: string, keys: Set<string>, quoted: string): void {
  let key = quoted.slice(1, -1);
  if (quoted.includes('\\')) {
    try {
      key = JSON.parse(quoted) as string;
    } catch (cause) {
      throw new FileError(`${name} is no JSON: ${(cause as Error).message}`, { cause });
    }
  }
  // It would be an own key of the parsed object, but the prototype of every copy made of that.
  if (key === '__proto__') throw new FileError(`${name} has the key "__proto__", which no file of a model needs`);
  if (keys.has(key)) throw new FileError(`${name} has the key ${JSON.stringify(key.slice(0, 80))} twice in one object`);
  keys.add(key);
}

/** @throws FileError for numbers that became infinite. The depth is known to be small here. */
function checkNumbers(name: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new FileError(`${name} holds a number beyond the largest double`);
  if (typeof value !== 'object' || value === null) return;
  for (const one of Array.isArray(value) ? value : Object.values(value)) checkNumbers(name, one);
}
