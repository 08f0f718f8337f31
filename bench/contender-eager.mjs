// One library's side of the eager benchmark: LIBRARY is hornbeam, tfjs-cpu or tfjs-wasm, PROGRAM one of eager-programs.mjs. A step is
// one run of the program.
import { contend } from './contender.mjs';
import { programs } from './eager-programs.mjs';
import { loadTfjs } from './tfjs-backend.mjs';

const { LIBRARY: library, PROGRAM: program } = process.env;

const tf =
  library === 'hornbeam' ? await import('../dist/index.js') : (await loadTfjs(library.replace('tfjs-', ''))).tf;
const once = programs[program](tf);

await contend(
  { library },
  {
    most: 1000,
    run: (steps, repeats) => {
      let last = 0;
      for (let i = 0; i < steps * repeats; i++) last = once();
      return last;
    },
  },
);
