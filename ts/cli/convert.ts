import { parseArgs } from 'node:util';
import { modelFile, reporting, type Surroundings, sizeOf, UsageError } from './files.ts';

/** Usage of `hornbeam convert`. */
export const convertUsage = `hornbeam convert FROM TO [--no-optimizer] [--overwrite]

  Writes the model of a file in another format. The ends of the names say which:
    from   .keras, .h5 (Keras 2 and 3), model.json or its folder (TensorFlow.js), .safetensors
    to     .keras, model.json or a folder/ (TensorFlow.js), .safetensors, .onnx;
           weights alone: .weights.h5, .npz

  --no-optimizer   leaves out how the model is compiled, and the state of its optimizer
  --overwrite      replaces a file that is there
`;

/** `hornbeam convert FROM TO`. Gives the exit code. @throws UsageError for arguments that are none. */
export async function convert(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { from, to, includeOptimizer, overwrite } = read(args);
  return reporting(surroundings, async () => {
    const { loadModel } = await surroundings.load();
    const source = modelFile(from);
    const model = await loadModel(source, { compile: includeOptimizer });
    const parameters = model.countParams().toLocaleString('en-US');
    const ending = /\.(weights\.h5|npz|onnx)$/i.exec(to)?.[1]?.toLowerCase();
    if (ending === 'onnx') await model.export(to, { overwrite });
    else if (ending !== undefined) await model.saveWeights(to, { overwrite });
    else await model.save(to, { overwrite, includeOptimizer });
    const written = modelFile(to);
    surroundings.print(`${source}: ${model.className} "${model.name}", ${parameters} parameters, ${sizeOf(source)}`);
    surroundings.print(`${written}: written, ${sizeOf(written)}${holds(ending, model.isCompiled)}`);
    model.dispose();
  });
}

function holds(ending: string | undefined, isCompiled: boolean): string {
  if (ending === 'onnx') return '';
  return ending === undefined ? (isCompiled ? ', with its optimizer' : '') : ', weights alone';
}

function read(args: readonly string[]): { from: string; to: string; includeOptimizer: boolean; overwrite: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'no-optimizer': { type: 'boolean' }, overwrite: { type: 'boolean' } },
    });
    const [from, to, ...rest] = positionals;
    if (from === undefined || to === undefined || rest.length > 0)
      throw new UsageError(`convert takes two files, got ${positionals.length}`);
    return { from, to, includeOptimizer: values['no-optimizer'] !== true, overwrite: values.overwrite ?? false };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`convert: ${(error as Error).message}`);
  }
}
