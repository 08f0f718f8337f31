import { describe, expect, test } from 'vitest';
import { sequential } from '../../ts/index.ts';
import { readLoss, readMetric, readOptimizer, readRate } from '../../ts/io/keras-config/compile.ts';
import { readConstraint, readInitializer, readRegularizer } from '../../ts/io/keras-config/read-options.ts';
import { Reading } from '../../ts/io/keras-config/reading.ts';
import { writeClass, writeOptimizer } from '../../ts/io/keras-config/write-compile.ts';
import { writeObject } from '../../ts/io/keras-config/writing.ts';
import type { Optimizer } from '../../ts/optimizers/index.ts';
import { asJSON, fixture, plain } from './config-fixtures.ts';

interface Written {
  readonly class_name: string;
  readonly config: Record<string, unknown>;
}

interface Configured {
  getClassName(): string;
  getConfig(): Record<string, unknown>;
}

type Read = (reading: Reading, value: unknown, place: string) => unknown;
type Write = (object: Configured) => unknown;
const serialized = (object: Configured) => ({ className: object.getClassName(), config: object.getConfig() });

const kinds: Readonly<Record<string, readonly [Read, Write]>> = {
  initializers: [readInitializer, (made) => writeObject('initializer', serialized(made))],
  regularizers: [readRegularizer, (made) => writeObject('regularizer', serialized(made))],
  constraints: [readConstraint, (made) => writeObject('constraint', serialized(made))],
  schedules: [readRate, (made) => writeClass('schedule', serialized(made), made)],
  optimizers: [readOptimizer, (made) => writeOptimizer(made as unknown as Optimizer)],
  losses: [readLoss, (made) => writeClass('loss', serialized(made), made)],
  metrics: [readMetric, (made) => writeClass('metric', serialized(made), made)],
};

const objects = fixture<Record<string, Written[]>>('objects');

describe.each(Object.entries(kinds))('%s of Keras', (kind, [read, write]) => {
  const rows = (objects[kind] as Written[]).map((one, i) => [`${one.class_name} ${i}`, one] as const);
  test.each(rows)('%s', (_, one) => {
    const reading = new Reading('fixture', {});
    reading.checkClasses(one);
    const made = read(reading, one, '') as Configured;
    const back = asJSON(write(made)) as Written;
    expect(compared(back)).toEqual(compared(one));
    const again = read(new Reading('again', {}), back, '') as Configured;
    expect(again.getConfig()).toEqual(made.getConfig());
  });
});

/** Weights of labels are a tensor in Keras, and numbers here. */
function compared(object: Written): unknown {
  const { label_weights: weights } = object.config as { label_weights?: { config?: { value: unknown } } };
  const config =
    weights?.config === undefined ? object.config : { ...object.config, label_weights: weights.config.value };
  return plain({ ...object, config });
}

test('options that Keras does not write are kept when they are not the default', () => {
  const loss = readLoss(
    new Reading('f', {}),
    { module: 'keras.losses', class_name: 'Huber', config: { delta: 2 } },
    '',
  );
  expect(writeClass('loss', serialized(loss as Configured), loss as object).config).toMatchObject({ delta: 2 });
  expect(sequential().isCompiled).toBe(false);
});
