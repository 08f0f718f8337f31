import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** A file of the system's, or `null` where it is not. */
export type ReadFile = (path: string) => string | null;

/** Reads a file; `null` when it is missing or may not be read. */
export function readSystemFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** What the instruction sets of the engine need, by the names of Linux. */
const relevant = ['avx', 'avx2', 'fma', 'f16c', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512_bf16', 'asimd'];

/** The processor's features that the engine may use; `null` where the system does not list them. */
export function cpuFeatures(read: ReadFile = readSystemFile): string[] | null {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(read('/proc/cpuinfo') ?? '')?.[1];
  if (line === undefined) return null;
  const flags = new Set(line.trim().split(/\s+/));
  return relevant.filter((feature) => flags.has(feature));
}

/** The container's share of processors (cgroup v2): 1.5 for 150 ms in 100 ms; `null` without a limit. */
export function cpuQuota(read: ReadFile = readSystemFile): number | null {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(/\s+/).map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : null;
}

/** The container's memory limit in bytes (cgroup v2); `null` without one. */
export function memoryQuota(read: ReadFile = readSystemFile): number | null {
  const bytes = Number.parseInt(read('/sys/fs/cgroup/memory.max') ?? '', 10);
  return Number.isFinite(bytes) ? bytes : null;
}

/** Why the pool has as many threads as it has. */
export function whyThreads(threads: number, setting: string | undefined, read: ReadFile = readSystemFile): string {
  if (setting !== undefined && setting === String(threads)) return 'HORNBEAM_NUM_THREADS';
  const quota = cpuQuota(read);
  const limit = quota === null ? 'no container quota' : `container quota ${quota} processors`;
  return `${cpus().length} processors, ${availableParallelism()} for this process, ${limit}`;
}

/** Why tensors may take as many bytes as they may. */
export function whyMemory(setting: string | undefined, read: ReadFile = readSystemFile): string {
  const quota = memoryQuota(read);
  const machine = `machine ${formatBytes(totalmem())}`;
  const container = quota === null ? 'no container limit' : `container ${formatBytes(quota)}`;
  const rule = setting === undefined ? 'nine tenths of the smaller' : `HORNBEAM_MEMORY_LIMIT=${setting}`;
  return `${machine}, ${container}; tensors may take ${rule}`;
}

/** 1536 as `1.5 kB`, in powers of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
