/** A number as Python prints a float, which files and messages of Keras hold: `1.0`, `1e-05`, `nan`. */
export function pythonFloat(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  if (x === 0) return Object.is(x, -0) ? '-0.0' : '0.0';
  // Both languages give the fewest digits that read back as the same number; they differ in when an exponent is written, and how.
  const [digits, exponent] = x.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const size = String(Math.abs(power)).padStart(2, '0');
    return `${digits}e${power < 0 ? '-' : '+'}${size}`;
  }
  const text = String(x);
  return text.includes('.') ? text : `${text}.0`;
}
