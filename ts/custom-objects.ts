import { checkText, received } from './arguments.ts';
import { ConfigError } from './errors.ts';

/** A class that configurations can name. */
export type RegisteredClass = abstract new (...args: never) => object;

const byName = new Map<string, RegisteredClass>();
const names = new Map<RegisteredClass, string>();

/**
 * Lets configurations name a class of your own: `fromConfig`, `cloneModel`, `modelFromJSON` and files find it by `className` (a
 * static field, else the name of the class), or by `package>className`, as Keras writes it.
 *
 * @param packageName Default `'Custom'`.
 * @param name Default: the class's `className`.
 * @throws ConfigError for what is no class, and for a name that another class has.
 * @example
 * class Twice extends layers.Layer {
 *   static override readonly className = 'Twice';
 *   override call(inputs: Tensor) { return inputs.mul(2); }
 * }
 * registerClass(Twice);
 * const copy = cloneModel(sequential({ layers: [new Twice({ inputShape: [3] })] }));
 */
export function registerClass<C extends RegisteredClass>(Class: C, packageName = 'Custom', name?: string): C {
  if (typeof Class !== 'function' || !/^class\b/.test(Function.prototype.toString.call(Class)))
    throw new ConfigError(`registerClass needs a class, got ${received(Class)}`);
  checkText('registerClass', 'packageName', packageName);
  const own = name === undefined ? nameOf(Class) : checkText('registerClass', 'name', name);
  if (own === '') throw new ConfigError('registerClass: the class has no name; give it a static className');
  const full = `${packageName}>${own}`;
  const taken = byName.get(full);
  if (taken !== undefined && taken !== Class)
    throw new ConfigError(`registerClass: another class is registered as "${full}"; pass another packageName or name`);
  byName.set(full, Class);
  byName.set(own, Class);
  names.set(Class, full);
  return Class;
}

/** The class that was registered under a name, with or without its package. @internal */
export function registeredClass(name: string): RegisteredClass | undefined {
  return byName.get(name);
}

/** `package>name` of a registered class. @internal */
export function registeredName(Class: RegisteredClass): string | undefined {
  return names.get(Class);
}

function nameOf(Class: RegisteredClass): string {
  const { className } = Class as { className?: unknown };
  // A subclass that has no className of its own would go by its parent's.
  return typeof className === 'string' && Object.hasOwn(Class, 'className') ? className : Class.name;
}
