import { checkConfig, checkFunction } from '../arguments.ts';
import { checkOptionNames } from '../option-names.ts';
import { Callback, type CallbackHooks, type HookName, hookNames } from './callback.ts';

/** The hooks of {@link LambdaCallback}: those of every callback. */
export type LambdaCallbackConfig = Pick<CallbackHooks, HookName>;

/**
 * A callback of functions. A plain object of hooks is one, too; this one also has `model` and `params`, which functions that are
 * no arrow functions find in `this`.
 *
 * @example
 * new callbacks.LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) })
 */
export class LambdaCallback extends Callback {
  /** @throws ConfigError for a hook that does not exist, or that is no function. */
  constructor(hooks: LambdaCallbackConfig = {}) {
    super();
    checkConfig('LambdaCallback', hooks);
    checkOptionNames('LambdaCallback', hooks, hookNames, '{ onEpochEnd: (epoch, logs) => {} }');
    for (const name of hookNames) {
      const hook = hooks[name] as unknown;
      if (hook === undefined || hook === null) continue;
      checkFunction('LambdaCallback', name, hook);
      Object.defineProperty(this, name, { value: hook, enumerable: true, configurable: true, writable: true });
    }
  }
}
