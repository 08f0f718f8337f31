import { access } from 'node:fs/promises';
import { checkFlag } from '../../arguments.ts';
import { ConfigError, FileError, StateError } from '../../errors.ts';
import type { TrainableModel } from '../../models/model.ts';
import { packageVersion } from '../../native.ts';
import { checkOptionNames } from '../../option-names.ts';
import { isTracing } from '../../tensor/index.ts';
import { writeAtomically } from '../atomic.ts';
import type { ExportOptions } from '../options.ts';
import { pathOf } from '../paths.ts';
import { type Converted, converted } from './conversion.ts';
import { encodeModel, MOST_BYTES } from './messages.ts';
import { NoForm } from './no-form.ts';
import { layerOf, needsSize, type TracedModel, tracedModel } from './tracing.ts';

/**
 * The set of operators. 18 is the first whose reductions take their axes as Pad takes its amounts, and whose ScatterElements knows maxima
 * and minima; onnxruntime reads it from 1.14 (2023) on, as do the other runtimes that are kept up to date. Nothing newer is needed.
 */
const OPSET = 18;
/** The version of the format that belongs to it. */
const IR_VERSION = 8;

/** What `model.export` does. */
export async function exportModel(model: TrainableModel, target: string | URL, options: ExportOptions): Promise<void> {
  checkOptionNames('export', options, ['overwrite', 'inputShape'], '{ inputShape: [null, 128] }');
  const path = pathOf('export', target);
  const { overwrite = true, inputShape } = options;
  if (!path.toLowerCase().endsWith('.onnx'))
    throw new ConfigError(`export: there is no format of ${JSON.stringify(path)}; the ending is .onnx`);
  if (!model.built)
    throw new StateError(
      `${model.label}: export needs a model that is built. Give it an inputShape, call build(inputShape), or call it once`,
    );
  if (isTracing()) throw new StateError(`${model.label}: export cannot be called inside a trace`);
  if (!checkFlag('export', 'overwrite', overwrite) && (await exists(path)))
    throw new FileError(`export: ${path} is there already, and overwrite is false`);
  const traced = tracedModel(model, inputShape ?? undefined);
  const { graph, initializers } = convertedOrExplained(model, traced);
  const facts = {
    irVersion: IR_VERSION,
    producerName: 'hornbeam',
    producerVersion: packageVersion,
    opsetImport: [{ domain: '', version: OPSET }],
  };
  const { byteLength, pieces } = encodeModel(facts, graph, initializers);
  if (byteLength > MOST_BYTES) {
    throw new ConfigError(
      `${model.label}: export: the file would have ${byteLength} bytes, and ONNX files have at most ${MOST_BYTES} (2 GB). Cast the weights to float16, or export parts of the model`,
    );
  }
  await writeAtomically(path, pieces(), { overwrite });
}

function convertedOrExplained(model: TrainableModel, traced: TracedModel): Converted {
  try {
    return converted(traced, model.name);
  } catch (error) {
    if (!(error instanceof NoForm)) throw error;
    throw new ConfigError(explained(model, traced, error), { cause: error });
  }
}

function explained(
  model: TrainableModel,
  traced: TracedModel,
  { message, size, advice, operation = '' }: NoForm,
): string {
  const layer = layerOf(traced, operation);
  const where = `"${operation}"${layer === undefined ? '' : ` of ${layer}`}`;
  const changed = size?.values.findIndex((value) => JSON.stringify(value) !== JSON.stringify(size.values[0])) ?? -1;
  // Two traces change each unknown size.
  const unknown = traced.unknowns[Math.floor((changed - 1) / 2)];
  if (unknown !== undefined) return needsSize(model, unknown, `${where} has no ONNX form (${message}): it depends on`);
  const then = advice ?? 'end the exported model before it, or compute it from operations that ONNX has';
  return `${model.label}: export: ${where} has no ONNX form: ${message}. What would do: ${then}`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
