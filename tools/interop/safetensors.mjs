// Arrays in safetensors files: all element types, metadata.
import { bothWays } from './arrays/both-ways.mjs';

export default (context) => bothWays('safetensors', context);
