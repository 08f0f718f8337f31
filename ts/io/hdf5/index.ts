export { createHdf5, type DatasetArray, type DatasetNumbers, type Hdf5Builder, type Hdf5Pieces } from './builder.ts';
export type { Hdf5DType } from './elements.ts';
export { beginsAsHdf5 } from './guard/index.ts';
export type { Attributes, AttributeValue } from './protocol.ts';
export { type Hdf5Dataset, type Hdf5File, type Hdf5Group, openHdf5 } from './reader.ts';
