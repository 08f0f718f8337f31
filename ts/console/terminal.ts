/** Where text goes, and whether it may hold escape codes: standard output, or a test's own. */
export interface Terminal {
  /** Whether a line can be redrawn (a terminal, not a file or a pipe). */
  readonly isLive: boolean;
  /** Whether bold and colours are wanted: live, and NO_COLOR is not set. */
  readonly isColoured: boolean;
  /** Columns, 80 when unknown. */
  readonly columns: number;
  write(text: string): void;
}

/** Standard output as it is at the moment. */
export const standardOutput: Terminal = {
  get isLive(): boolean {
    return process.stdout.isTTY === true && process.env.TERM !== 'dumb';
  },
  get isColoured(): boolean {
    return standardOutput.isLive && !process.env.NO_COLOR;
  },
  get columns(): number {
    return process.stdout.columns ?? 80;
  },
  write(text: string): void {
    process.stdout.write(text);
  },
};

/** `text` in bold, where the terminal shows it. */
export function bold(text: string, coloured: boolean): string {
  return coloured ? `\x1b[1m${text}\x1b[0m` : text;
}

/** `text` in one of the eight basic colours (30 black ... 37 white), where the terminal shows it. */
export function coloured(text: string, colour: number, wanted: boolean): string {
  return wanted && text !== '' ? `\x1b[${colour}m${text}\x1b[0m` : text;
}
