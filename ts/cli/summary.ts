import { parseArgs } from 'node:util';
import { modelFile, reporting, type Surroundings, sizeOf, UsageError } from './files.ts';

type Model = Awaited<ReturnType<typeof import('../index.ts').loadModel>>;

/** Usage of `hornbeam summary`. */
export const summaryUsage = `hornbeam summary FILE [--expand-nested] [--width N]

  Prints the layers of a model, its inputs and outputs, its optimizer and its size. FILE is a .keras, .h5, .safetensors,
  model.json or the folder of one.

  --expand-nested   lists the layers of models inside, too
  --width N         characters a line
`;

/** `hornbeam summary FILE`. Gives the exit code. @throws UsageError for arguments that are none. */
export async function summary(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { file, expandNested, lineLength } = read(args);
  return reporting(surroundings, async () => {
    const { loadModel } = await surroundings.load();
    const source = modelFile(file);
    const model = await loadModel(source);
    const { print } = surroundings;
    model.summary({ expandNested, printFn: print, ...(lineLength === undefined ? {} : { lineLength }) });
    const row = (name: string, value: string): void => print(` ${name.padEnd(10)} ${value}`);
    row('input', nested(model.inputShape));
    row('output', nested(model.outputShape));
    row('optimizer', optimizerOf(model));
    row('file', `${source}, ${sizeOf(source)}`);
    model.dispose();
  });
}

/** A shape, or a list or record of them, in one line. */
function nested(shape: unknown): string {
  return shape === undefined ? 'unknown' : JSON.stringify(shape).replaceAll(',', ', ').replaceAll(':', ': ');
}

function optimizerOf(model: Model): string {
  if (!model.isCompiled) return 'none: the file does not say how the model is compiled';
  const { optimizer } = model;
  const { learningRate } = optimizer.getConfig();
  const rate = typeof learningRate === 'number' ? String(Number(learningRate.toPrecision(6))) : 'of a schedule';
  const steps = optimizer.iterations.dataSync()[0] as number;
  return `${optimizer.getClassName()}, learning rate ${rate}, ${steps.toLocaleString('en-US')} ${steps === 1 ? 'step' : 'steps'} taken`;
}

function read(args: readonly string[]): { file: string; expandNested: boolean; lineLength: number | undefined } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'expand-nested': { type: 'boolean' }, width: { type: 'string' } },
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0)
      throw new UsageError(`summary takes one file, got ${positionals.length}`);
    const lineLength = values.width === undefined ? undefined : Number(values.width);
    if (lineLength !== undefined && !(Number.isInteger(lineLength) && lineLength > 0))
      throw new UsageError(`summary: --width must be a whole number from 1 on, got ${values.width}`);
    return { file, expandNested: values['expand-nested'] ?? false, lineLength };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`summary: ${(error as Error).message}`);
  }
}
