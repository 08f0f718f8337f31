// Builds @tensorflow/tfjs-node out of registry packages, in node_modules/.cache: `node bench/tfjs-node.mjs`, or `npm run bench:tfjs --
// --setup`. Its own install script downloads libtensorflow 2.9.1 from a host that is often out of reach; tensorflow-cpu's wheel of
// that version exports the same C API. Tables say whose build it is. Linux x64, with a C++ compiler and a Python that has its
// shared library.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, root, run } from '../scripts/steps.mjs';

/** Where it is installed. */
export const nodeFolder = join(root, 'node_modules', '.cache', 'tfjs-node');

const versions = { 'tfjs-node': '4.22.0', 'node-gyp': '11.4.2', tensorflow: '2.9.1' };
const home = join(nodeFolder, 'node_modules', '@tensorflow', 'tfjs-node');
const addon = join(home, 'lib', 'napi-v8', 'tfjs_binding.node');

/** Whether it was built. */
export const hasTfjsNode = () => existsSync(addon);

async function checked(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed with code ${code}`);
  return output;
}

/** The wheel's headers and libraries, under the names that the build looks for. */
async function libraries(python) {
  const wheels = join(nodeFolder, 'wheels');
  const target = ['--python-version', '310', '--platform', 'manylinux2014_x86_64', '--only-binary=:all:', '--no-deps'];
  const wheel = `tensorflow-cpu==${versions.tensorflow}`;
  await checked(python, ['-m', 'pip', 'download', ...target, '--dest', wheels, wheel]);
  const file = `tensorflow_cpu-${versions.tensorflow}-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`;
  const unpacked = join(nodeFolder, 'wheel');
  await checked(python, ['-m', 'zipfile', '-e', join(wheels, file), unpacked]);
  const tensorflow = join(unpacked, 'tensorflow');
  rmSync(join(home, 'deps'), { recursive: true, force: true });
  mkdirSync(join(home, 'deps', 'lib'), { recursive: true });
  cpSync(join(tensorflow, 'include'), join(home, 'deps', 'include'), { recursive: true });
  const internal = '_pywrap_tensorflow_internal.so';
  for (const [name, source] of [
    [internal, join('python', internal)],
    ['libtensorflow.so', join('python', internal)],
    ['libtensorflow.so.2', join('python', internal)],
    ['libtensorflow_framework.so', 'libtensorflow_framework.so.2'],
    ['libtensorflow_framework.so.2', 'libtensorflow_framework.so.2'],
  ]) {
    symlinkSync(join(tensorflow, source), join(home, 'deps', 'lib', name));
  }
}

/** The wheel's library wants Python's symbols resolved, though no interpreter starts. */
async function linkPython(python) {
  const script = "import sysconfig; print(sysconfig.get_config_var('LIBDIR'), sysconfig.get_config_var('INSTSONAME'))";
  const output = await checked(python, ['-c', script], { capture: true, quiet: true });
  const [folder, name] = output.trim().split(' ');
  if (!/\.so/.test(name ?? '')) throw new Error(`${python} has no shared library of its own (it was built without)`);
  const path = join(home, 'binding.gyp');
  const gyp = readFileSync(path, 'utf8');
  const flags = `'-Wl,--no-as-needed', '-L${folder}', '-Wl,-rpath,${folder}', '-l:${name}'`;
  const edited = gyp.replace(/'-ltensorflow_framework',?/, (found) => `${found.replace(/,$/, '')}, ${flags},`);
  if (edited === gyp) throw new Error(`${path} is not what this script was written for`);
  if (!gyp.includes(name)) writeFileSync(path, edited);
}

/** Installs and builds it; about two minutes and 1.2 GB. */
export async function setUpTfjsNode(python = process.env.PYTHON ?? 'python3') {
  if (hasTfjsNode()) return;
  mkdirSync(nodeFolder, { recursive: true });
  writeFileSync(join(nodeFolder, 'package.json'), '{ "private": true }\n');
  const packages = [`@tensorflow/tfjs-node@${versions['tfjs-node']}`, `node-gyp@${versions['node-gyp']}`];
  await checked('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: nodeFolder });
  await libraries(python);
  await linkPython(python);
  const gyp = join(nodeFolder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const prefix = dirname(dirname(process.execPath));
  // Headers come with Node's own archives; elsewhere node-gyp fetches them.
  const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
  const folder = dirname(addon);
  const module = ['--module_name=tfjs_binding', `--module_path=${folder}`, `--module=${addon}`];
  const api = ['--napi_version=9', '--napi_build_version=8', '--node_napi_label=napi-v8'];
  await checked(process.execPath, [gyp, 'rebuild', ...headers, ...module, ...api], { cwd: home });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setUpTfjsNode();
    console.log(`built ${addon}`);
  } catch (error) {
    fail(error);
  }
}
