// The tests, on the addon that asan.sh built. Only the processes that run tests load it: the bundler that vitest uses reads the
// same variable.
import { mergeConfig } from 'vitest/config';
import config from '../../vitest.config.mjs';

export default mergeConfig(config, {
  test: {
    env: { NAPI_RS_NATIVE_LIBRARY_PATH: process.env.SANITIZED_ADDON, HANG_LIMIT: '1000000' },
    maxWorkers: 2,
    // Under a sanitizer a test takes many times as long.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
});
