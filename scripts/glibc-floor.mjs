// The oldest glibc that a Linux binary runs with: the highest GLIBC_x.y among the symbol versions that it names.

/** Version as text, such as `2.17`; `null` for a binary that names none (other systems, musl). */
export function glibcFloor(bytes) {
  const versions = [...bytes.toString('latin1').matchAll(/GLIBC_(\d+)\.(\d+)(?:\.\d+)?\0/g)];
  const order = versions.map(([, major, minor]) => [Number(major), Number(minor)]);
  order.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return order.at(-1)?.join('.') ?? null;
}
