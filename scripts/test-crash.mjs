// npm run test:crash: a training that is killed by SIGKILL at random moments and started again ends with the bits of one that never was.
// Options: --kills 1000 --seed 1 --lanes 2; --source runs ts/ instead of the bundle. With 1000 kills or more what it says is kept in
// docs/crash.txt. Exit code 1 when a training ended with other bits.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { lane, once } from './crash/runs.mjs';
import { buildDist, ensureAddon, ensureModules, fail, root } from './steps.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    source: { type: 'boolean', default: false },
  },
});
const [kills, seed, lanes] = ['kills', 'seed', 'lanes'].map((name) => Number(values[name]));

const folder = mkdtempSync(join(tmpdir(), 'hornbeam-crash-'));
try {
  if (!values.source) {
    await ensureModules();
    await ensureAddon();
    await buildDist();
  }
  const entry = pathToFileURL(join(root, values.source ? 'ts/index.ts' : 'dist/index.js')).href;
  const how = { entry, nodeArgs: values.source ? ['--import', 'tsx'] : [] };
  // Twice: what is compared with must be the same every time itself.
  const first = await once({ ...how, folder, saveFreq: 'never' });
  const whole = await once({ ...how, folder, saveFreq: 'never' });
  if (first.hash !== whole.hash) throw new Error('two trainings that were not killed ended with different bits');
  const count = {
    kills: 0,
    insideSave: 0,
    inTraining: 0,
    beforeTraining: 0,
    runs: 0,
    equal: 0,
    fallbacks: 0,
    different: [],
  };
  const begun = performance.now();
  let reported = 0;
  const report = ({ kills: done, runs }) => {
    if (performance.now() - reported < 10_000) return;
    reported = performance.now();
    console.log(`${done} kills, ${runs} trainings to their end, ${Math.round((performance.now() - begun) / 1000)} s`);
  };
  await Promise.all(
    Array.from({ length: lanes }, (_, number) =>
      lane({
        ...how,
        root: folder,
        number,
        seed: seed * 1000 + number,
        kills,
        starting: whole.begunAfter,
        expected: whole.hash,
        count,
        report,
      }),
    ),
  );
  const text = [
    `npm run test:crash -- --kills ${kills} --seed ${seed} --lanes ${lanes}`,
    `${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform} ${release()}, Node ${process.version}`,
    '',
    `trainings killed by SIGKILL      ${count.kills}`,
    `  inside a save                  ${count.insideSave}`,
    `  elsewhere in fit               ${count.inTraining}`,
    `  before fit, while starting     ${count.beforeTraining}`,
    `trainings that came to their end ${count.runs} (${whole.epochs} epochs each)`,
    `  with the bits of one not killed ${count.equal}`,
    `  with other bits                ${count.different.length}`,
    `checkpoints passed over          ${count.fallbacks}`,
    `minutes                          ${((performance.now() - begun) / 60_000).toFixed(1)}`,
    '',
  ].join('\n');
  console.log(`\n${text}`);
  if (kills >= 1000) writeFileSync(join(root, 'docs', 'crash.txt'), text);
  if (count.different.length > 0) throw new Error(JSON.stringify(count.different, null, 1));
} catch (error) {
  rmSync(folder, { recursive: true, force: true });
  fail(error);
}
rmSync(folder, { recursive: true, force: true });
