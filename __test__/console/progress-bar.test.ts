import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../../ts/console/progress-bar.ts';
import type { Terminal } from '../../ts/console/terminal.ts';

function screen(isLive: boolean, isColoured = false): Terminal & { text: string } {
  return {
    isLive,
    isColoured,
    columns: 80,
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}

describe('ProgressBar', () => {
  it('prints the line of a pass when it ends', () => {
    const out = screen(false);
    let now = 0;
    const bar = new ProgressBar(1875, 'line', out, () => now);
    now = 7600;
    bar.update(900, { loss: 1 });
    expect(out.text).toBe('');
    bar.finish(1875, { accuracy: 0.91234, loss: 0.0003012 });
    expect(out.text).toBe('1875/1875 - 8s - 4ms/step - accuracy: 0.9123 - loss: 3.0120e-04\n');
  });

  it('redraws a live line as Keras does', () => {
    const out = screen(true, true);
    let now = 0;
    const bar = new ProgressBar(1875, 'live', out, () => now);
    now = 100;
    bar.update(1, {});
    now = 3848;
    out.text = '';
    bar.update(938, { accuracy: 0.9123, loss: 0.3012 });
    const line = out.text.slice(out.text.indexOf('\r') + 1);
    expect(line).toBe(
      `\x1b[1m 938/1875\x1b[0m \x1b[32m${'━'.repeat(10)}\x1b[0m\x1b[37m${'━'.repeat(10)}\x1b[0m \x1b[1m3s\x1b[0m 4ms/step - accuracy: 0.9123 - loss: 0.3012`,
    );
  });

  it('draws at most every 50 ms, and covers a longer line with spaces', () => {
    const out = screen(true);
    let now = 0;
    const bar = new ProgressBar(10, 'live', out, () => now);
    now = 60;
    bar.update(1, { loss: 100.5 });
    const first = out.text;
    now = 80;
    bar.update(2, { loss: 1 });
    expect(out.text).toBe(first);
    now = 400;
    bar.finish(10, { loss: 1.5 });
    const width = first.length - 1;
    expect(out.text.slice(first.length)).toMatch(
      new RegExp(`^\b{${width}}\\r10/10 ━{20} 0s \\d+ms/step - loss: 1.5000 *\\n$`),
    );
    bar.update(10, {});
    bar.abandon();
    expect(out.text.endsWith('\n')).toBe(true);
  });

  it('formats times as Keras does', () => {
    const line = (elapsed: number, done: number, target: number): string => {
      const out = screen(true);
      let now = 0;
      const bar = new ProgressBar(target, 'live', out, () => now);
      now = elapsed;
      bar.update(done, {});
      return out.text.slice(out.text.lastIndexOf('━') + 2);
    };
    expect(line(60_000, 1, 200)).toBe('3:19:00 60s/step');
    expect(line(1000, 10, 1000)).toBe('1:39 100ms/step');
    expect(line(100, 1000, 2000)).toBe('0s 100us/step');
  });

  it('shows numbers that are none', () => {
    const out = screen(false);
    new ProgressBar(1, 'line', out, () => 0).finish(1, { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: 0 });
    expect(out.text).toBe('1/1 - 0s - 0s/step - a: nan - b: inf - c: 0.0000e+00\n');
  });
});
