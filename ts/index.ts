export * as datasets from './datasets/index.ts';
export * from './errors.ts';
export * as initializers from './initializers/index.ts';
export * from './ops/index.ts';
export * as regularizers from './regularizers/index.ts';
export * from './tensor/index.ts';
