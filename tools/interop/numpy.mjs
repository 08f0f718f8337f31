// Arrays in npy and npz files: all element types, both byte orders and element orders, versions 1 to 3 of the format.
import { bothWays } from './arrays/both-ways.mjs';

export default (context) => bothWays('numpy', context);
