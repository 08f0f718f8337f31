// Starts a worker's program in TypeScript: `--import tsx` reaches main threads only.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData);
