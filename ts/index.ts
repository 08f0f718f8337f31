export * from './errors.ts';
export * from './ops/index.ts';
export * from './tensor/index.ts';
