// The messages of an ONNX file that an export needs. Names and numbers of the fields are those of the format (onnx.proto).
import protobuf from 'protobufjs/light.js';

/** Numbers of element types in files. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
} as const;

/** Element types of values in a file: those of tensors, and int64 for shapes and positions. */
export type ElementType = keyof typeof elementTypes;

/** Numbers of kinds of attributes. */
const attributeTypes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

export interface Dimension {
  dimValue?: number;
  dimParam?: string;
}

export interface ValueInfo {
  name: string;
  type: { tensorType: { elemType: number; shape?: { dim: Dimension[] } } };
}

export interface Attribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  g?: GraphMessage;
  ints?: readonly number[];
}

export interface NodeMessage {
  opType: string;
  name: string;
  input: string[];
  output: string[];
  attribute: Attribute[];
}

export interface TensorMessage {
  name: string;
  dims: readonly number[];
  dataType: number;
  rawData?: Uint8Array;
}

export interface GraphMessage {
  name: string;
  node: NodeMessage[];
  initializer?: TensorMessage[];
  input: ValueInfo[];
  output: ValueInfo[];
}

export interface ModelMessage {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  graph?: GraphMessage;
  opsetImport: { domain: string; version: number }[];
}

/** An attribute that is a real number, whatever its value. */
export class Real {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** What attributes of a node are written as: whole numbers, lists of them, texts, graphs, and {@link Real}. */
export type AttributeValue = number | readonly number[] | string | GraphMessage | Real;

/** An attribute of a node. */
export function attribute(name: string, value: AttributeValue): Attribute {
  if (value instanceof Real) return { name, type: attributeTypes.float, f: value.value };
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if (Array.isArray(value)) return { name, type: attributeTypes.ints, ints: value as readonly number[] };
  return { name, type: attributeTypes.graph, g: value as GraphMessage };
}

const one = (type: string, id: number): protobuf.IField => ({ type, id });
const many = (type: string, id: number): protobuf.IField => ({ type, id, rule: 'repeated' });

const messages: Readonly<Record<string, Record<string, protobuf.IField>>> = {
  Dimension: { dimValue: one('int64', 1), dimParam: one('string', 2) },
  Shape: { dim: many('Dimension', 1) },
  TensorType: { elemType: one('int32', 1), shape: one('Shape', 2) },
  Type: { tensorType: one('TensorType', 1) },
  ValueInfo: { name: one('string', 1), type: one('Type', 2) },
  Tensor: { dims: many('int64', 1), dataType: one('int32', 2), name: one('string', 8), rawData: one('bytes', 9) },
  Attribute: {
    name: one('string', 1),
    f: one('float', 2),
    i: one('int64', 3),
    s: one('bytes', 4),
    g: one('Graph', 6),
    ints: many('int64', 8),
    type: one('int32', 20),
  },
  Node: {
    input: many('string', 1),
    output: many('string', 2),
    name: one('string', 3),
    opType: one('string', 4),
    attribute: many('Attribute', 5),
  },
  Graph: {
    node: many('Node', 1),
    name: one('string', 2),
    initializer: many('Tensor', 5),
    input: many('ValueInfo', 11),
    output: many('ValueInfo', 12),
  },
  OperatorSet: { domain: one('string', 1), version: one('int64', 2) },
  Model: {
    irVersion: one('int64', 1),
    producerName: one('string', 2),
    producerVersion: one('string', 3),
    graph: one('Graph', 7),
    opsetImport: many('OperatorSet', 8),
  },
};

// proto2, as ONNX declares it: what is 0 is written, too.
const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { edition: 'proto2', fields }])),
});

/** Numbers of the fields that are written piece by piece, with the kind "bytes that follow their length". */
const graphField = (7 << 3) | 2;
const initializerField = (5 << 3) | 2;
const rawDataField = (9 << 3) | 2;

const bytesOf = (type: string, message: object): Uint8Array => root.lookupType(type).encode(message).finish();

/** The beginning of a field of `length` bytes. */
const opening = (field: number, length: number): Uint8Array =>
  protobuf.Writer.create().uint32(field).uint32(length).finish();

/** An initializer of a file that is written: its numbers come last. */
export interface PendingTensor extends Omit<TensorMessage, 'rawData'> {
  readonly byteLength: number;
  load(): Promise<Uint8Array>;
}

/** Largest message that a reader of protobuf takes. */
export const MOST_BYTES: number = 2 ** 31 - 1;

/** A file in pieces, and its size. No more than one initializer is in memory at a time. */
export function encodeModel(
  model: ModelMessage,
  graph: GraphMessage,
  initializers: readonly PendingTensor[],
): { byteLength: number; pieces: () => AsyncIterable<Uint8Array> } {
  const tensors = initializers.map((tensor) => {
    const { name, dims, dataType, byteLength } = tensor;
    const facts = bytesOf('Tensor', { name, dims, dataType });
    const numbers = opening(rawDataField, byteLength);
    const inside = facts.length + numbers.length + byteLength;
    const head = Buffer.concat([opening(initializerField, inside), facts, numbers]);
    return { head, tensor };
  });
  const rest = bytesOf('Graph', graph);
  const graphLength = tensors.reduce((sum, { head, tensor }) => sum + head.length + tensor.byteLength, rest.length);
  // A length of over 32 bits cannot be written; the caller refuses the size.
  const head = Buffer.concat([bytesOf('Model', model), opening(graphField, Math.min(graphLength, MOST_BYTES)), rest]);
  return {
    byteLength: head.length + graphLength - rest.length,
    async *pieces() {
      yield head;
      for (const { head: opened, tensor } of tensors) {
        yield opened;
        yield await tensor.load();
      }
    },
  };
}
