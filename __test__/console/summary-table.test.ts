import { expect, it } from 'vitest';
import { formatShape, summaryLines } from '../../ts/console/summary-table.ts';

it('prints the table of Keras 3', () => {
  const lines = summaryLines({
    model: 'sequential',
    rows: [
      {
        name: 'a_very_long_name_for_a_layer_indeed_yes_it_is',
        className: 'Conv2D',
        outputShape: [null, 26, 26, 32],
        parameters: 320,
      },
      {
        name: 'batch_normalization',
        className: 'BatchNormalization',
        outputShape: [null, 26, 26, 32],
        parameters: 128,
      },
      { name: 'flatten', className: 'Flatten', outputShape: [null, 5408], parameters: 0 },
      { name: 'dense', className: 'Dense', outputShape: undefined, parameters: undefined },
    ],
    trainable: { count: 54474, bytes: 217896 },
    nonTrainable: { count: 64, bytes: 256 },
    optimizer: { count: 2, bytes: 12 },
  });
  expect(lines).toEqual([
    'Model: "sequential"',
    '┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓',
    '┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃',
    '┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩',
    '│ a_very_long_name_for_a_layer_i… │ (None, 26, 26, 32)     │           320 │',
    '│ (Conv2D)                        │                        │               │',
    '├─────────────────────────────────┼────────────────────────┼───────────────┤',
    '│ batch_normalization             │ (None, 26, 26, 32)     │           128 │',
    '│ (BatchNormalization)            │                        │               │',
    '├─────────────────────────────────┼────────────────────────┼───────────────┤',
    '│ flatten (Flatten)               │ (None, 5408)           │             0 │',
    '├─────────────────────────────────┼────────────────────────┼───────────────┤',
    '│ dense (Dense)                   │ ?                      │   0 (unbuilt) │',
    '└─────────────────────────────────┴────────────────────────┴───────────────┘',
    ' Total params: 54,540 (213.05 KB)',
    ' Trainable params: 54,474 (212.79 KB)',
    ' Non-trainable params: 64 (256.00 B)',
    ' Optimizer params: 2 (12.00 B)',
  ]);
});

it('writes shapes as Python tuples', () => {
  expect(formatShape([null])).toBe('(None,)');
  expect(formatShape([null, 3])).toBe('(None, 3)');
});
