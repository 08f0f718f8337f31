// npm run build: the release addon (argument `native`) and the JavaScript bundle (argument `dist`).
import { buildDist, ensureAddon, ensureModules, fail } from './steps.mjs';

const parts = process.argv.slice(2);
try {
  await ensureModules();
  if (parts.includes('native')) await ensureAddon({ force: true });
  if (parts.includes('dist')) await buildDist();
} catch (error) {
  fail(error);
}
