// Elementwise functions, one file a kind.
export * from './elementwise/activation.ts';
export * from './elementwise/arithmetic.ts';
export * from './elementwise/bits.ts';
export * from './elementwise/logic.ts';
export * from './elementwise/math.ts';
