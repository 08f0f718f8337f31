import { convert, convertUsage } from './convert.ts';
import { doctor } from './doctor.ts';
import { type Surroundings, UsageError } from './files.ts';
import { summary, summaryUsage } from './summary.ts';

/** What `hornbeam help` prints. */
export const usage = `hornbeam <command>

  convert   writes the model of a file in another format: hornbeam convert model.keras model.json
  summary   prints what is in the file of a model: hornbeam summary model.keras
  doctor    what decides how hornbeam runs on this machine, and a self-test
  help      this text; hornbeam help convert, hornbeam help summary
`;

const usages: ReadonlyMap<string, string> = new Map([
  ['convert', convertUsage],
  ['summary', summaryUsage],
]);

/** Runs a command line; gives the exit code: 0, 1 for what failed, 2 for a command line that is none. */
export async function run([command, ...rest]: readonly string[], surroundings: Surroundings): Promise<number> {
  const { print, warn, load } = surroundings;
  const isHelp = (text: string | undefined): boolean => text === 'help' || text === '--help' || text === '-h';
  if (command === undefined || isHelp(command)) {
    print(usages.get(rest[0] ?? '') ?? usage);
    return 0;
  }
  const own = usages.get(command);
  if (own !== undefined && rest.some((text) => text === '--help' || text === '-h')) {
    print(own);
    return 0;
  }
  try {
    if (command === 'doctor' && rest.length === 0) return await doctor(load, print);
    if (command === 'convert') return await convert(rest, surroundings);
    if (command === 'summary') return await summary(rest, surroundings);
    throw new UsageError(`unknown command "${[command, ...rest].join(' ')}"`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    warn(`hornbeam: ${error.message}\n\n${own ?? usage}`);
    return 2;
  }
}
