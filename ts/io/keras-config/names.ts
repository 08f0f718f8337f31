// Names of options and words, in Keras' spelling and in ours.

/** Options whose spelling in Keras does not follow from ours. */
const irregular: Readonly<Record<string, string>> = {
  keepDims: 'keepdims',
  beta1: 'beta_1',
  beta2: 'beta_2',
  beta2Decay: 'beta_2_decay',
  epsilon1: 'epsilon_1',
  epsilon2: 'epsilon_2',
  adamBeta1: 'adam_beta_1',
  adamBeta2: 'adam_beta_2',
  adamWeightDecay: 'adam_weight_decay',
};

const irregularBack = new Map(Object.entries(irregular).map(([ours, theirs]) => [theirs, ours]));

/** `kernel_initializer` of `kernelInitializer`. */
export function toSnake(name: string): string {
  if (Object.hasOwn(irregular, name)) return irregular[name] as string;
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `kernelInitializer` of `kernel_initializer`. */
export function toCamel(name: string): string {
  const known = irregularBack.get(name);
  if (known !== undefined) return known;
  return name.replace(/(?<=[a-zA-Z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
