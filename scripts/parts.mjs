// The bundle in parts that are loaded when they are first used. V8 reads every function once when it compiles a file, used or not, which
// is half of what an import takes; most programs use few of the layers, the losses, the metrics, the operations of Keras.
//
// ts/ knows nothing of it: imports are imports there, and what is exported is the same. It works because no module of a part does
// anything when it is evaluated but define what it exports. Where the border runs decides only when a file is read: a part that the
// core needs while it is evaluated would be loaded by the import, which scripts/check-parts.mjs refuses.

const CORE = 'core';

/** Files of the folders `under` in ts/, without those named in `but`: what index.ts exports by name is in the core, and namespaces are. */
function files(under, but = []) {
  const left = but.length === 0 ? '' : `(?!(${but.join('|')})\\.ts$)`;
  return new RegExp(`[\\\\/]ts[\\\\/](${under.join('|').replaceAll('/', '[\\\\/]')})[\\\\/]${left}`);
}

/** Which files make which part. */
const parts = {
  'attention-layers': files(['layers/attention']),
  callbacks: files(['callbacks'], ['index', 'callback', 'early-stopping', 'history', 'monitor']),
  image: files(['ops/image'], ['index']),
  'keras-ops': files(['keras-ops'], ['index', 'random']),
  layers: files([
    'layers/convolution',
    'layers/merging',
    'layers/normalization',
    'layers/pooling',
    'layers/regularization',
    'layers/reshaping',
  ]),
  losses: files(['losses'], ['index', 'functional']),
  metrics: files(['metrics'], ['index']),
  optimizers: files(['optimizers'], ['index', 'optimizer', 'train']),
  'preprocessing-layers': files(['layers/preprocessing']),
  'recurrent-layers': files(['layers/recurrent']),
  training: files(['console', 'models/training']),
};

/** Names of the parts that are loaded at their first use. */
export const partNames = Object.keys(parts);

/** The chunks of the bundle: the parts, and the core with the rest of what index.ts imports; itself it only names the exports. */
export const codeSplitting = {
  includeDependenciesRecursively: false,
  groups: [
    ...Object.entries(parts).map(([name, test]) => ({ name, test, tags: ['$initial'], priority: 2 })),
    { name: CORE, test: /[\\/]ts[\\/](?!index\.ts$)/, tags: ['$initial'], priority: 1 },
  ],
};

/** In the core: an object with a getter for each part, which loads it. Its name begins as those that the bundler gives to chunks. */
const PARTS = 'require_parts';

/** The variable that stands for the core. */
const CORE_VARIABLE = 'require_core';

/** What loads another chunk, whose file has no name yet. */
const loadingLine = /^(?:const (\w+) = )?require\((["']\.\/(.+)-!~\{\w+\}~\.cjs["'])\);\n/gm;

/** What exports a variable. */
const exportingLines =
  /^Object\.defineProperty\(exports, ["']([\w$]+)["'], \{\s+enumerable: true,\s+get: function\s*\(\) \{\s+return ([\w$]+);\s+\}\s+\}\);\n?/gm;

const propertyOf = (part) => part.replaceAll('-', '_');

/**
 * A plugin of the bundler. A part becomes a function, which is called at the first use, with the exports of the core that uses it: by
 * `require` alone a copy of the library would get the parts of another one when require.cache was cleared in between.
 */
export function loadPartsAtFirstUse() {
  return {
    name: 'load-parts-at-first-use',
    renderChunk(code, { name }) {
      const isPart = partNames.includes(name);
      /** Files of the parts that are used here, and the variables that stand for them. */
      const paths = new Map();
      const variables = new Map();
      const text = code
        .replace(loadingLine, (line, variable, path, other) => {
          if (!partNames.includes(other)) return isPart && other === CORE ? '' : line;
          paths.set(other, path);
          variables.set(variable, `${name === CORE ? '' : `${CORE_VARIABLE}.`}${PARTS}.${propertyOf(other)}`);
          return '';
        })
        .replace(/\brequire_\w+(?=\.)/g, (variable) => variables.get(variable) ?? variable);
      if (name === CORE) return { code: asCore(text, paths), map: null };
      return { code: isPart ? asPart(text) : text, map: null };
    },
    generateBundle(_, files) {
      // Node reads a file that is ASCII more than twice as fast.
      for (const file of Object.values(files)) if (file.type === 'chunk') file.code = inAscii(file.code);
    },
  };
}

/** The core: with a getter for each part, which keeps what the part exports. */
function asCore(text, paths) {
  const { body, exported } = takeExports(text);
  const kept = [...paths.keys()].map((part) => `loaded_${propertyOf(part)}`).join(', ');
  const getters = [...paths].map(([part, path]) => {
    const property = propertyOf(part);
    return `get ${property}() { return loaded_${property} ??= require(${path})(module.exports); }`;
  });
  return `let ${kept};\nconst ${PARTS} = {${getters.join(', ')}};\n${body}\nmodule.exports = {${PARTS}, ${exported}};\n`;
}

/** A part: a function. It is in parentheses since it will be called: V8 then compiles it with the file, else it would read it twice. */
function asPart(text) {
  const { body, exported } = takeExports(text);
  return `module.exports = (function (${CORE_VARIABLE}) {\n${body}\nreturn {${exported}};\n});\n`;
}

/**
 * The code of a chunk without what exports, and that as properties of a literal, which is made at once. The bundler writes calls, each with
 * a function that is compiled when it is first read; only what changes needs one.
 */
function takeExports(code) {
  const changing = new Set([...code.matchAll(/^let ([\w$]+)/gm)].map(([, variable]) => variable));
  const properties = [];
  const body = code.replace(exportingLines, (_, name, variable) => {
    properties.push(changing.has(variable) ? `get ${name}() { return ${variable}; }` : `${name}: ${variable}`);
    return '';
  });
  if (/^(exports\b|Object\.defineProperty\(exports\b)/m.test(body)) throw new Error('the bundler exports in a new way');
  return { body, exported: properties.join(', ') };
}

/** Code with other characters as escapes: they stand in texts only. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
