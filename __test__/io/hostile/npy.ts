// Arrays of NumPy that must be refused.
import { type HostileFile, text } from './entry.ts';
import { zipOf } from './zip-file.ts';

/** An npy file. */
export function npy(header: string, data: Uint8Array = new Uint8Array(24), version = 1, length?: number): Uint8Array {
  const padded = Buffer.from(`${header}\n`, 'latin1');
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  size.writeUIntLE(length ?? padded.length, 0, size.length);
  return new Uint8Array(
    Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]), size, padded, data]),
  );
}

export const described = (descr: string, shape = '(3, 2)', order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

/** A right array of six float32. */
export const rightNpy: Uint8Array = npy(described("'<f4'"));

const refused = (name: string, says: string | RegExp, bytes: Uint8Array): HostileFile => ({
  name: `npy: ${name}`,
  format: 'npy',
  bytes,
  says,
});
const typed = (name: string, descr: string, says: string | RegExp): HostileFile =>
  refused(name, says, npy(described(descr)));
const shaped = (shape: string, says: string | RegExp): HostileFile =>
  refused(`the shape ${shape.slice(0, 60)}`, says, npy(described("'<f4'", shape)));
const headed = (name: string, header: string, says: string | RegExp): HostileFile => refused(name, says, npy(header));

const plain = /is not what NumPy writes/;
const pickle = text('\x80\x04cposix\nsystem\n(S"echo"\ntR.');

export const hostileNpy: readonly HostileFile[] = [
  refused('no bytes', 'is no npy file', new Uint8Array(0)),
  refused('the beginning alone', 'is no npy file', rightNpy.slice(0, 6)),
  refused('cut off in the header', 'is cut off', rightNpy.slice(0, 40)),
  refused('cut off in its length', 'is cut off in its header', npy('', new Uint8Array(0), 2).slice(0, 11)),
  refused('cut off in the numbers', 'needs 24', rightNpy.slice(0, -1)),
  refused('bytes behind the numbers', 'has 25 bytes of numbers', npy(described("'<f4'"), new Uint8Array(25))),
  refused('version 0', 'the version 0', npy(described("'<f4'"), undefined, 0)),
  refused('version 9', 'the version 9', npy(described("'<f4'"), undefined, 9)),
  refused('a header of 4 GB', /header of 4294967295 bytes/, npy('{}', undefined, 2, 0xffffffff)),
  refused('a header of 64 kB', /header of 65535 bytes/, npy('{}', undefined, 1, 0xffff)),
  typed('objects, a pickle', "'|O'", /dtype object.*never read/),
  refused('a pickle that calls system', /dtype object/, npy(described("'|O8'", '(1,)'), pickle)),
  refused('a bare pickle', 'is no npy file', pickle),
  typed('a descr that is code', "__import__('os').system('echo')", plain),
  typed('a descr that is a call', "eval('1')", plain),
  typed('a descr that is a lambda', "(lambda: '<f4')()", plain),
  typed('records', "[('a', '<f4'), ('b', '|O')]", /records of several fields/),
  typed('texts', "'<U3'", /dtype "<U3"/),
  typed('bytes', "'|S4'", /dtype/),
  typed('void', "'|V4'", /dtype/),
  typed('dates', "'<M8[ns]'", /dtype/),
  typed('complex numbers', "'<c8'", /dtype/),
  typed('float128', "'<f16'", /dtype/),
  typed("a key of every object's prototype", "'constructor'", /dtype/),
  shaped('(-3, -2)', 'sizes are whole numbers'),
  shaped('(-1,)', 'sizes are whole numbers'),
  shaped('(3.5, 2)', plain),
  shaped('6', plain),
  shaped('(6)', 'is no tuple'),
  shaped('(1e400,)', plain),
  shaped('(4294967296, 4294967297)', 'more than an array holds'),
  shaped('(9007199254740993,)', /sizes are whole numbers|more than an array holds/),
  shaped('(99999999999999999999,)', 'sizes are whole numbers'),
  shaped('(0, 99999999999999)', 'more than an array holds'),
  shaped('(1073741824,)', 'more than an array holds'),
  shaped('(900000000,)', 'needs 3600000000'),
  shaped(`(${'1, '.repeat(9)})`, 'has 9 axes'),
  shaped(`(${'1, '.repeat(255)})`, 'has 255 axes'),
  shaped(`(${'('.repeat(4000)}`, plain),
  headed('no dictionary', '[1, 2]', 'is no dictionary'),
  headed('an empty dictionary', '{}', /must have 'descr'/),
  headed('no shape', "{'descr': '<f4', 'fortran_order': False, }", /must have 'descr'/),
  headed('the shape twice', `${described("'<f4'").slice(0, -1)} 'shape': (1, 1), }`, 'has shape twice'),
  headed('another key', `${described("'<f4'").slice(0, -1)} 'run': 'this', }`, /must have 'descr'/),
  headed('an order of 1', described("'<f4'", '(3, 2)', '1'), plain),
  headed('9,000 spaces', `{${' '.repeat(9000)}x`, /is no dictionary/),
  refused('an int64 beyond int32', /beyond int32/, npy(described("'<i8'", '(3,)'), new Uint8Array(24).fill(0x7f))),
  refused('a bool of 7', /which is no bool/, npy(described("'|b1'", '(24,)'), new Uint8Array(24).fill(7))),
];

const member = (name: string, data: Uint8Array, says: string | RegExp): HostileFile => ({
  name: `npz: ${name}`,
  format: 'npz',
  bytes: zipOf([{ name: name.split(' ')[0] as string, data }]),
  says,
});

export const hostileNpz: readonly HostileFile[] = [
  member('x.npy of objects', npy(described("'|O'")), /x\.npy has a header that says dtype object/),
  member('x.npy with a shape of 2^64', npy(described("'<f4'", '(4294967296, 4294967297)')), 'more than an array holds'),
  member('x.pkl beside', pickle, /x\.pkl is no \.npy/),
  member('run.sh', text('#!/bin/sh'), /run\.sh is no \.npy/),
  member('42.zip inside', zipOf([{ name: 'x.npy', data: rightNpy }]), /42\.zip is no \.npy/),
];
