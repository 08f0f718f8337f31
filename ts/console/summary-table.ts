import { bold } from './terminal.ts';

/** One layer's line of a summary. */
export interface SummaryRow {
  readonly name: string;
  readonly className: string;
  /** `undefined` while the layer is not built. */
  readonly outputShape: unknown;
  /** Number of parameters, `undefined` while the layer is not built. */
  readonly parameters: number | undefined;
  /** What it reads, in a model that is no stack: `dense[0][0], add[0][0]`. */
  readonly connections?: string | undefined;
  /** Whether training changes its weights; `undefined` without any. */
  readonly trainable?: boolean | undefined;
}

/** Number and bytes of a group of parameters. */
export interface ParameterCount {
  readonly count: number;
  readonly bytes: number;
}

/** What a summary shows. */
export interface SummaryContent {
  readonly model: string;
  readonly rows: readonly SummaryRow[];
  readonly trainable: ParameterCount;
  readonly nonTrainable: ParameterCount;
  /** Left out until the optimizer has its variables. */
  readonly optimizer: ParameterCount | undefined;
  /** Whether a column says which layers train. */
  readonly showTrainable?: boolean;
}

/** Keras' widths on a terminal of 80 columns: 76 with the borders. */
const defaultLength = 76;

/** The columns: where each ends, as a share of the line, as Keras has it. */
interface Columns {
  readonly titles: readonly string[];
  readonly ends: readonly number[];
  readonly alignments: readonly ('left' | 'right' | 'center')[];
}

const stackColumns: Columns = {
  titles: ['Layer (type)', 'Output Shape', 'Param #'],
  ends: [0.45, 0.8, 1],
  alignments: ['left', 'left', 'right'],
};

const graphColumns: Columns = {
  titles: [...stackColumns.titles, 'Connected to'],
  ends: [0.3, 0.56, 0.74, 1],
  alignments: [...stackColumns.alignments, 'left'],
};

/** Keras' box table of a model, as lines. */
export function summaryLines(content: SummaryContent, lineLength: number = defaultLength, styled = false): string[] {
  const isGraph = content.rows.some(({ connections }) => connections !== undefined);
  const columns = withTrainable(isGraph ? graphColumns : stackColumns, content.showTrainable ?? false);
  const widths = columnWidths(columns, lineLength);
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + widths.map((width) => line.repeat(width)).join(cross) + right;
  const lines = [
    bold(`Model: "${content.model}"`, styled),
    rule('┏', '━', '┳', '┓'),
    `┃${columns.titles.map((text, i) => bold(cell(clip(text, (widths[i] as number) - 2), widths, columns, i), styled)).join('┃')}┃`,
    rule('┡', '━', '╇', '┩'),
  ];
  content.rows.forEach((row, index) => {
    if (index > 0) lines.push(rule('├', '─', '┼', '┤'));
    lines.push(...rowLines(row, widths, columns, isGraph));
  });
  lines.push(rule('└', '─', '┴', '┘'));
  const { trainable, nonTrainable, optimizer } = content;
  const total = {
    count: trainable.count + nonTrainable.count + (optimizer?.count ?? 0),
    bytes: trainable.bytes + nonTrainable.bytes + (optimizer?.bytes ?? 0),
  };
  const footer = (title: string, { count, bytes }: ParameterCount): string =>
    `${bold(` ${title} params: `, styled)}${grouped(count)} (${memorySize(bytes)})`;
  lines.push(footer('Total', total), footer('Trainable', trainable), footer('Non-trainable', nonTrainable));
  if (optimizer !== undefined) lines.push(footer('Optimizer', optimizer));
  return lines;
}

/** `(None, 28, 28, 1)`: a shape as Keras prints it. */
export function formatShape(shape: readonly (number | null)[]): string {
  return `(${shape.map((size) => size ?? 'None').join(', ')}${shape.length === 1 ? ',' : ''})`;
}

/** Shapes of one output, or of several in their lists and records, as Python prints them. */
function formatShapes(shapes: unknown): string {
  if (Array.isArray(shapes) && !shapes.some(Array.isArray)) return formatShape(shapes);
  if (Array.isArray(shapes))
    return shapes.length === 1 ? formatShapes(shapes[0]) : `[${shapes.map(formatShapes).join(', ')}]`;
  const entries = Object.entries(shapes as Readonly<Record<string, unknown>>);
  return `{${entries.map(([name, shape]) => `${name}: ${formatShapes(shape)}`).join(', ')}}`;
}

/**
 * Widths between the borders. Keras gives each column its share of the line for its text; with borders and margins that is
 * more than the line, and what is too much is taken off all columns alike.
 */
function columnWidths({ ends }: Columns, lineLength: number): number[] {
  const line = Math.max(lineLength, 40);
  const widths = ends.map((end, i) => Math.trunc(end * line) - Math.trunc((ends[i - 1] ?? 0) * line) + 2);
  let excess = widths.reduce((a, b) => a + b, 0) - (line - (ends.length + 1));
  return widths.map((width, i) => {
    const share = roundHalfEven(excess / (widths.length - i));
    excess -= share;
    return width - share;
  });
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The columns with one more at the end that says which layers train. */
function withTrainable(columns: Columns, isShown: boolean): Columns {
  if (!isShown) return columns;
  return {
    titles: [...columns.titles, 'Trainable'],
    ends: [...columns.ends.map((end) => end * 0.9), 1],
    alignments: [...columns.alignments, 'center'],
  };
}

function rowLines(row: SummaryRow, widths: readonly number[], columns: Columns, isGraph: boolean): string[] {
  const shape = row.outputShape === undefined ? '?' : formatShapes(row.outputShape);
  const parameters = row.parameters === undefined ? '0 (unbuilt)' : grouped(row.parameters);
  const texts = [`${row.name} (${row.className})`, shape, parameters];
  if (isGraph) texts.push(row.connections ?? '-');
  if (columns.titles.length > texts.length) texts.push(row.trainable === undefined ? '-' : row.trainable ? 'Y' : 'N');
  const cells = texts.map((text, i) => wrapped(text, (widths[i] as number) - 2));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from(
    { length: height },
    (_, line) => `│${cells.map((lines, i) => cell(lines[line] ?? '', widths, columns, i)).join('│')}│`,
  );
}

/** Words on as many lines as they need; what is longer than a line ends in an ellipsis. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => clip(line, room));
}

function clip(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

function cell(text: string, widths: readonly number[], { alignments }: Columns, column: number): string {
  const room = (widths[column] as number) - 2;
  const alignment = alignments[column];
  const before = alignment === 'center' ? text.length + Math.floor((room - text.length) / 2) : room;
  return ` ${alignment === 'left' ? text.padEnd(room) : text.padStart(before).padEnd(room)} `;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function memorySize(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size.toFixed(2)} ${units[unit]}`;
}
