// Prints what the process works with, and what becomes of a tensor of 64 MB.
import { getPrecision, getThreads, NativeError, version, zeros } from '../../../ts/index.ts';

console.log(`settings: ${JSON.stringify({ threads: getThreads(), isa: version.isa, precision: getPrecision() })}`);
try {
  zeros([16, 1024, 1024]).add(1).dataSync();
  console.log('tensor: "made"');
} catch (error) {
  console.log(`tensor: ${JSON.stringify(error instanceof NativeError ? error.message : String(error))}`);
}
