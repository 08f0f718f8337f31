export const models: Record<string, unknown>;
export const optimizers: Record<string, unknown>;
export function numbers(count: number, seed: number, below?: number): number[];
