// Reads ONNX files, by a description of the format of its own.
import { readFile } from 'node:fs/promises';
import protobuf from 'protobufjs';

const { root } = protobuf.parse(`
  syntax = "proto2";
  message Model {
    optional int64 ir_version = 1;
    repeated OperatorSet opset_import = 8;
    optional string producer_name = 2;
    optional string producer_version = 3;
    optional Graph graph = 7;
  }
  message OperatorSet { optional string domain = 1; optional int64 version = 2; }
  message Graph {
    repeated Node node = 1;
    optional string name = 2;
    repeated Tensor initializer = 5;
    repeated ValueInfo input = 11;
    repeated ValueInfo output = 12;
  }
  message Node {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated Attribute attribute = 5;
    optional string domain = 7;
  }
  message Attribute {
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    optional bytes s = 4;
    optional Tensor t = 5;
    optional Graph g = 6;
    repeated float floats = 7;
    repeated int64 ints = 8;
    optional int32 type = 20;
  }
  message Tensor {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfo { optional string name = 1; optional Type type = 2; }
  message Type { optional TensorType tensor_type = 1; }
  message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
  message Shape { repeated Dimension dim = 1; }
  message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
`);

export interface DecodedAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: string;
  g?: DecodedGraph;
  ints?: number[];
}

export interface DecodedNode {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: DecodedAttribute[];
}

export interface DecodedTensor {
  dims: number[];
  dataType: number;
  name: string;
  rawData: Buffer;
}

export interface DecodedInfo {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

export interface DecodedGraph {
  name: string;
  node: DecodedNode[];
  initializer: DecodedTensor[];
  input: DecodedInfo[];
  output: DecodedInfo[];
}

export interface DecodedModel {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  opsetImport: { domain: string; version: number }[];
  graph: DecodedGraph;
}

/** The message that a file holds. */
export async function decode(path: string): Promise<DecodedModel> {
  const type = root.lookupType('Model');
  const message = type.decode(await readFile(path));
  return type.toObject(message, { longs: Number, arrays: true }) as DecodedModel;
}

/** A graph and all graphs that its nodes carry. */
export function graphsOf(graph: DecodedGraph): DecodedGraph[] {
  const inner = graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ g }) => (g === undefined ? [] : graphsOf(g))),
  );
  return [graph, ...inner];
}

/** Kinds of all nodes. */
export function operatorsOf(graph: DecodedGraph): string[] {
  return graphsOf(graph).flatMap(({ node }) => node.map(({ opType }) => opType));
}

/** Sizes of an input or output: numbers, names of those that are open, `?` for what has none. */
export function sizesOf({ type }: DecodedInfo): (number | string)[] {
  return type.tensorType.shape.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?');
}

/** What is wrong with the names of a graph: each is given once, before it is read, and all that is given is needed. */
export function checkNames(graph: DecodedGraph, outside: ReadonlySet<string> = new Set()): string[] {
  const wrong: string[] = [];
  const known = new Set(outside);
  const give = (name: string): void => {
    if (known.has(name)) wrong.push(`${name} is given twice`);
    known.add(name);
  };
  for (const { name } of [...graph.initializer, ...graph.input]) give(name);
  for (const { input, output, opType, attribute } of graph.node) {
    for (const name of input) if (name !== '' && !known.has(name)) wrong.push(`${opType} reads ${name} too early`);
    for (const { g } of attribute) if (g !== undefined) wrong.push(...checkNames(g, known));
    output.forEach(give);
  }
  for (const { name } of graph.output) if (!known.has(name)) wrong.push(`the output ${name} is not given`);
  return wrong;
}
