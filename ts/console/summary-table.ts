import { bold } from './terminal.ts';

/** One layer's line of a summary. */
export interface SummaryRow {
  readonly name: string;
  readonly className: string;
  /** `undefined` while the layer is not built. */
  readonly outputShape: readonly (number | null)[] | undefined;
  /** Number of parameters, `undefined` while the layer is not built. */
  readonly parameters: number | undefined;
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
}

/** Keras' widths on a terminal of 80 columns: 76 with the borders. */
const defaultLength = 76;
const shares = [33, 24, 15] as const;
const alignments = ['left', 'left', 'right'] as const;

/** Keras' box table of a model, as lines. */
export function summaryLines(content: SummaryContent, lineLength: number = defaultLength, styled = false): string[] {
  const widths = columnWidths(lineLength);
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + widths.map((width) => line.repeat(width)).join(cross) + right;
  const lines = [
    bold(`Model: "${content.model}"`, styled),
    rule('┏', '━', '┳', '┓'),
    `┃${['Layer (type)', 'Output Shape', 'Param #'].map((text, i) => bold(cell(text, widths, i), styled)).join('┃')}┃`,
    rule('┡', '━', '╇', '┩'),
  ];
  content.rows.forEach((row, index) => {
    if (index > 0) lines.push(rule('├', '─', '┼', '┤'));
    lines.push(...rowLines(row, widths));
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

function columnWidths(lineLength: number): number[] {
  const inner = Math.max(lineLength, 40) - (shares.length + 1);
  const sum = shares.reduce((a: number, b: number) => a + b, 0);
  const widths = shares.map((share) => Math.round((share / sum) * inner));
  widths[0] = inner - (widths[1] as number) - (widths[2] as number);
  return widths;
}

function rowLines(row: SummaryRow, widths: readonly number[]): string[] {
  const type = `(${row.className})`;
  const room = (widths[0] as number) - 2;
  const oneLine = `${row.name} ${type}`;
  const names = oneLine.length <= room ? [oneLine] : [clip(row.name, room), clip(type, room)];
  const shape = row.outputShape === undefined ? '?' : formatShape(row.outputShape);
  const parameters = row.parameters === undefined ? '0 (unbuilt)' : grouped(row.parameters);
  return names.map((name, line) => {
    const texts = [name, line === 0 ? clip(shape, (widths[1] as number) - 2) : '', line === 0 ? parameters : ''];
    return `│${texts.map((text, i) => cell(text, widths, i)).join('│')}│`;
  });
}

function clip(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

function cell(text: string, widths: readonly number[], column: number): string {
  const room = (widths[column] as number) - 2;
  return ` ${alignments[column] === 'right' ? text.padStart(room) : text.padEnd(room)} `;
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
