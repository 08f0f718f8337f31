import { layerNormRule, matMulRule, softmaxRule } from './contraction.ts';
import { condRule, scanRule, whileRule } from './control.ts';
import { avgPoolRule, convRule, convTransposeRule, maxPoolRule } from './convolution.ts';
import { binaryRule, castRule, constantRule, selectRule, unaryRule } from './elementwise.ts';
import {
  batchGatherRule,
  dynamicSliceRule,
  dynamicUpdateSliceRule,
  gatherRule,
  ravelIndexRule,
  scatterAddRule,
  scatterRule,
} from './indexing.ts';
import {
  broadcastRule,
  concatRule,
  iotaRule,
  padRule,
  reshapeRule,
  reverseRule,
  sameRule,
  sliceRule,
  transposeRule,
} from './movement.ts';
import { argReduceRule, cumulativeRule, reduceRule, searchSortedRule, sortRule } from './reduction.ts';
import { resampleRule } from './resampling.ts';
import type { Rule } from './rule.ts';

/** What each operation is in ONNX, by the names of crates/graph. Those that are missing have no form there. */
export const rules: Readonly<Record<string, Rule>> = {
  Unary: unaryRule,
  Binary: binaryRule,
  Select: selectRule,
  Cast: castRule,
  Constant: constantRule,
  Iota: iotaRule,
  Reshape: reshapeRule,
  Transpose: transposeRule,
  Broadcast: broadcastRule,
  Slice: sliceRule,
  Pad: padRule,
  Concat: concatRule,
  Reverse: reverseRule,
  StopGradient: sameRule,
  Gather: gatherRule,
  BatchGather: batchGatherRule,
  ScatterAdd: scatterAddRule,
  Scatter: scatterRule,
  RavelIndex: ravelIndexRule,
  DynamicSlice: dynamicSliceRule,
  DynamicUpdateSlice: dynamicUpdateSliceRule,
  Reduce: reduceRule,
  ArgReduce: argReduceRule,
  MatMul: matMulRule,
  Conv2D: convRule,
  Conv2DInputGrad: convTransposeRule,
  MaxPool2D: maxPoolRule,
  AvgPool2D: avgPoolRule,
  Resample: resampleRule,
  Softmax: softmaxRule,
  LayerNorm: layerNormRule,
  Sort: sortRule,
  SearchSorted: searchSortedRule,
  Cumulative: cumulativeRule,
  Scan: scanRule,
  Cond: condRule,
  While: whileRule,
};
