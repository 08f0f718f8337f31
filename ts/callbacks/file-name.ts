import { ConfigError } from '../errors.ts';
import { pythonFloat } from './python-float.ts';

/** A place for a number in a name: `{epoch:02d}`, `{val_loss:.2f}`, `{loss}`; `{{` and `}}` are braces themselves. */
const place = /\{\{|\}\}|\{([^{}:!]*)(?::([^{}]*))?\}|[{}]/g;

/** Python's format of numbers, as far as names of files need it: zeros or spaces in front, width, digits, kind. */
const format = /^(0?)(\d{0,3})(?:\.(\d{1,2}))?([dfFeEgG%]?)$/;

/** @throws ConfigError for a name whose places for numbers are not written as Python writes them. */
export function checkTemplate(owner: string, template: string): void {
  for (const [text, name, spec] of template.matchAll(place)) {
    if (text === '{{' || text === '}}') continue;
    const fail = (why: string): never => {
      throw new ConfigError(
        `${owner}: the name "${template}" has ${text} in it, ${why}. Numbers are written as in "{epoch:02d}-{val_loss:.2f}"`,
      );
    };
    if (name === undefined) fail('a brace without its other half');
    if (name === '') fail('which does not say what number');
    if (spec !== undefined && !format.test(spec)) fail('whose format is not known');
  }
}

/** The name with its numbers. @throws ConfigError for a number that is not there. */
export function filled(owner: string, template: string, numbers: Readonly<Record<string, number>>): string {
  return template.replaceAll(place, (text: string, name: string | undefined, spec: string | undefined) => {
    if (name === undefined) return text.slice(0, 1);
    const value = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    if (typeof value === 'number') return shown(owner, value, spec ?? '');
    throw new ConfigError(
      `${owner}: the name "${template}" asks for ${name}, which is not reported; there are ${Object.keys(numbers).sort().join(', ')}`,
    );
  });
}

function shown(owner: string, value: number, spec: string): string {
  const [, zero = '', width = '', digits, kind = ''] = format.exec(spec) ?? [];
  const text = unpadded(owner, value, kind, digits === undefined ? undefined : Number(digits));
  const isNegative = text.startsWith('-');
  const missing = Math.max(0, Number(width) - text.length);
  if (zero === '') return ' '.repeat(missing) + text;
  return `${isNegative ? '-' : ''}${'0'.repeat(missing)}${isNegative ? text.slice(1) : text}`;
}

function unpadded(owner: string, value: number, kind: string, digits: number | undefined): string {
  const isWhole = Number.isSafeInteger(value);
  if (kind === 'd' || (kind === '' && digits === undefined && isWhole)) {
    if (isWhole) return String(value);
    throw new ConfigError(`${owner}: the format d is for whole numbers, got ${pythonFloat(value)}`);
  }
  if (kind === '' && digits === undefined) return pythonFloat(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  switch (kind) {
    case 'f':
    case 'F':
      return fixed(value, digits ?? 6);
    case '%':
      return `${fixed(value * 100, digits ?? 6)}%`;
    case 'e':
    case 'E':
      return exponential(value, digits ?? 6, kind);
    default:
      return general(value, Math.max(1, digits ?? 6), kind === 'G' ? 'E' : 'e');
  }
}

/** As `toFixed`, with the halves to the even neighbour that Python writes. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  // Only these lie in the middle of two texts exactly.
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && !Number.isInteger(value * 2 ** digits);
  const last = text.at(-1) as string;
  return isHalf && Number(last) % 2 === 1 ? text.slice(0, -1) + String(Number(last) - 1) : text;
}

function exponential(value: number, digits: number, mark: string): string {
  const [mantissa, exponent] = value.toExponential(digits).split('e') as [string, string];
  return `${mantissa}${mark}${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

/** `digits` digits that count, without zeros at the end, with an exponent where Python writes one. */
function general(value: number, digits: number, mark: string): string {
  const power = Number(value.toExponential(digits - 1).split('e')[1]);
  if (power < -4 || power >= digits) {
    const [mantissa, exponent] = exponential(value, digits - 1, mark).split(mark) as [string, string];
    return `${withoutZeros(mantissa)}${mark}${exponent}`;
  }
  return withoutZeros(value.toFixed(digits - 1 - power));
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
