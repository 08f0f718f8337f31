import { received } from '../arguments.ts';
import { ConfigError } from '../errors.ts';

/** Keras' spelling of a data format, or none, as the operations have it. @throws ConfigError for another one. @internal */
export function layout(name: string, dataFormat: string | null | undefined): 'channelsLast' | 'channelsFirst' {
  if (
    dataFormat === undefined ||
    dataFormat === null ||
    dataFormat === 'channelsLast' ||
    dataFormat === 'channels_last'
  )
    return 'channelsLast';
  if (dataFormat === 'channelsFirst' || dataFormat === 'channels_first') return 'channelsFirst';
  throw new ConfigError(`${name}: dataFormat must be 'channelsLast' or 'channelsFirst', got ${received(dataFormat)}`);
}
