// npm run mnist: sets up what is missing, then trains the example. SEED=2 and EPOCHS=1 in the environment reach it.
import { ensureAddon, ensureModules, fail, run } from './steps.mjs';

// Ctrl-C reaches the example too, which ends by itself after the running batch: wait for it.
process.on('SIGINT', () => {});
try {
  await ensureModules();
  await ensureAddon();
} catch (error) {
  fail(error);
}
const { code } = await run(process.execPath, ['--import', 'tsx', 'examples/mnist.ts', ...process.argv.slice(2)]);
process.exit(code);
