// Checksums (CRC-32) of parts become that of the whole.

/** The polynomial of CRC-32, its lowest power first: the highest bit is x^0. */
const POLYNOMIAL = 0xedb88320;
/** x^0, and x^1. */
const [ONE, X] = [0x8000_0000, 0x4000_0000];

/** The product of two polynomials modulo that of CRC-32. */
function product(a: number, b: number): number {
  let [left, shifted, sum] = [a >>> 0, b >>> 0, 0];
  while (left !== 0) {
    if ((left & ONE) !== 0) sum ^= shifted;
    left = (left << 1) >>> 0;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return sum >>> 0;
}

/** x^`power` modulo the polynomial of CRC-32. */
function power(exponent: number): number {
  let [result, square] = [ONE, X];
  // Lengths pass 2^32: no operations on bits.
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = product(result, square);
    square = product(square, square);
  }
  return result;
}

/**
 * The checksum of bytes with the checksum `first` and `length` more with the checksum `second` behind them. As a checksum is the rest
 * of a division, bytes behind it multiply it by x^8 each; what CRC-32 inverts at the beginning and the end cancels out.
 */
export function combined(first: number, second: number, length: number): number {
  return (product(power(8 * length), first) ^ second) >>> 0;
}
