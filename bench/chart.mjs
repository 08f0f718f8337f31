// Line charts as SVG, both axes logarithmic: what bench:growth draws.

const [width, height] = [640, 400];
const margin = { left: 64, right: 150, top: 52, bottom: 48 };
const colours = ['#4e79a7', '#e15759', '#59a14f', '#f28e2b'];

const escaped = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);

/** 1, 2, 5, 10, ... from at most `low` to at least `high`, every `step`-th power of ten only where there would be too many. */
function ticks(low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const factors = last - first > 2 ? [1] : [1, 2, 5];
  const all = [];
  for (let power = first; power <= last; power++) for (const factor of factors) all.push(factor * 10 ** power);
  const begin = all.findLastIndex((tick) => tick <= low * 1.0001);
  const end = all.findIndex((tick) => tick >= high * 0.9999);
  return all.slice(Math.max(begin, 0), end + 1);
}

const named = (tick) => (tick >= 1e-3 && tick < 1e5 ? String(Number(tick.toPrecision(3))) : tick.toExponential(0));

/** Powers of two are their own ticks on the axis across. */
const twos = (values) => [...new Set(values)].sort((a, b) => a - b);

/**
 * A chart of `series`, each `{ name, points: [[x, y], ...] }` with numbers above 0.
 */
export function chart({ title, x: xLabel, y: yLabel, series }) {
  const points = series.flatMap((one) => one.points);
  const across = twos(points.map(([x]) => x));
  const up = ticks(Math.min(...points.map(([, y]) => y)), Math.max(...points.map(([, y]) => y)));
  const scale = (low, high, from, to) => (value) =>
    from + ((Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low) || 1)) * (to - from);
  const toX = scale(across[0], across.at(-1), margin.left, width - margin.right);
  const toY = scale(up[0], up.at(-1), height - margin.bottom, margin.top);
  const at = (value) => value.toFixed(1);
  const line = (x1, y1, x2, y2) => `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="#ddd"/>`;
  const text = (x, y, content, more = '') => `<text x="${at(x)}" y="${at(y)}" ${more}>${escaped(content)}</text>`;
  const middle = 'text-anchor="middle"';
  const parts = [
    text(14, 18, title, 'font-weight="bold"'),
    ...up.flatMap((tick) => [
      line(margin.left, toY(tick), width - margin.right, toY(tick)),
      text(margin.left - 6, toY(tick) + 4, named(tick), 'text-anchor="end"'),
    ]),
    ...across.map((tick) => text(toX(tick), height - margin.bottom + 16, String(tick), middle)),
    text((margin.left + width - margin.right) / 2, height - 10, xLabel, middle),
    text(14, 38, yLabel),
    ...series.flatMap(({ name, points: own }, index) => {
      const colour = colours[index % colours.length];
      const path = own.map(([x, y]) => `${at(toX(x))},${at(toY(y))}`).join(' ');
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...own.map(([x, y]) => `<circle cx="${at(toX(x))}" cy="${at(toY(y))}" r="3" fill="${colour}"/>`),
        text(width - margin.right + 12, margin.top + 16 + index * 18, name, `fill="${colour}"`),
      ];
    }),
  ];
  const font = 'font-family="sans-serif" font-size="12" fill="#333"';
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const background = '<rect width="100%" height="100%" fill="white"/>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>\n${[background, ...parts].join('\n')}\n</svg>\n`;
}
