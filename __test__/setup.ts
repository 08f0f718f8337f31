import { beforeEach } from 'vitest';
import { setSeed } from '../ts/index.ts';

// Every test begins with the same random numbers, whether it names a seed or not.
beforeEach(() => setSeed(1));
