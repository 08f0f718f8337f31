//! A graph as JSON, for what reads graphs outside of this crate: the export to other formats.
//!
//! `{"params": n, "outputs": [[node, output], ...], "nodes": [{"op", "name", "inputs": [[node, output], ...], "types": [[dtype, [dims]],
//! ...], "attributes": {...}}, ...]}`. Bodies of control flow are graphs among the attributes. Numbers that JSON has not are the texts
//! `"NaN"`, `"Infinity"` and `"-Infinity"`. Operations that no export takes over have no attributes.

use std::fmt::{Display, Write};

use crate::graph::{Graph, Ref};
use crate::ops::Op;
use crate::ops::conv::Window;
use crate::ops::indexing::ScatterKind;
use crate::ops::pool::PoolWindow;
use crate::ops::resample::Taps;
use crate::ops::sorting::CumulativeKind;

impl Graph {
    /// The graph as JSON.
    pub fn to_json(&self) -> String {
        let nodes = list(&self.nodes, |node| {
            let types = list(&node.types, |ty| format!("[\"{}\",{}]", ty.dtype.name(), numbers(ty.shape.dims())));
            let name = match &node.op {
                Op::Param => "param",
                op => op.name(),
            };
            format!(
                "{{\"op\":\"{}\",\"name\":\"{name}\",\"inputs\":{},\"types\":{types},\"attributes\":{{{}}}}}",
                node.op.variant(),
                refs(&node.inputs),
                attributes(&node.op)
            )
        });
        format!("{{\"params\":{},\"outputs\":{},\"nodes\":{nodes}}}", self.params, refs(&self.outputs))
    }
}

/// The members of an operation's attributes.
fn attributes(op: &Op) -> String {
    let mut members = String::new();
    let mut put = |name: &str, value: String| {
        let comma = if members.is_empty() { "" } else { "," };
        write!(members, "{comma}\"{name}\":{value}").expect("a text takes everything");
    };
    match op {
        Op::Cast(cast) => put("dtype", text(cast.0.name())),
        Op::Constant(constant) => put("value", real(constant.value.get())),
        Op::Iota(iota) => put("axis", iota.axis.to_string()),
        Op::Transpose(transpose) => put("order", numbers(&transpose.order)),
        Op::Slice(slice) => {
            put("starts", numbers(&slice.starts));
            put("limits", numbers(&slice.limits));
            put("strides", numbers(&slice.strides));
        }
        Op::Pad(pad) => {
            put("low", numbers(&pad.low));
            put("high", numbers(&pad.high));
            put("interior", numbers(&pad.interior));
        }
        Op::Concat(concat) => put("axis", concat.axis.to_string()),
        Op::Reverse(reverse) => put("axes", numbers(&reverse.axes)),
        Op::Gather(gather) => put("axis", gather.axis.to_string()),
        Op::ScatterAdd(scatter) => put("axis", scatter.axis.to_string()),
        Op::Scatter(scatter) => put(
            "kind",
            text(match scatter.kind {
                ScatterKind::Add => "add",
                ScatterKind::Set => "set",
                ScatterKind::Max => "max",
                ScatterKind::Min => "min",
                ScatterKind::Mul => "mul",
            }),
        ),
        Op::RavelIndex(ravel) => put("dims", numbers(ravel.dims.dims())),
        Op::Reduce(reduce) => put("axes", numbers(&reduce.axes)),
        Op::ArgReduce(reduce) => put("axis", reduce.axis.to_string()),
        Op::MatMul(product) => {
            put("transposeA", product.transpose_a.to_string());
            put("transposeB", product.transpose_b.to_string());
        }
        Op::Conv2D(conv) => {
            put("window", window(&conv.window));
            put("groups", conv.groups.to_string());
        }
        Op::Conv2DInputGrad(conv) => {
            put("window", window(&conv.window));
            put("groups", conv.groups.to_string());
        }
        Op::MaxPool2D(pool) => put("window", pool_window(&pool.window)),
        Op::AvgPool2D(pool) => put("window", pool_window(&pool.window)),
        Op::Resample(resample) => {
            put("axis", resample.axis.to_string());
            put("rows", rows(&resample.taps));
        }
        Op::LayerNorm(norm) => put("epsilon", real(norm.epsilon.get())),
        Op::Fft(fft) => put("inverse", fft.inverse.to_string()),
        Op::InverseRealFft(fft) => put("n", fft.n.to_string()),
        Op::Sort(sort) => {
            put("descending", sort.descending.to_string());
            put("keep", sort.keep.to_string());
        }
        Op::SearchSorted(search) => put("right", search.right.to_string()),
        Op::Cumulative(cumulative) => {
            put(
                "kind",
                text(match cumulative.kind {
                    CumulativeKind::Sum => "sum",
                    CumulativeKind::Prod => "prod",
                    CumulativeKind::Max => "max",
                    CumulativeKind::Min => "min",
                }),
            );
            put("reverse", cumulative.reverse.to_string());
            put("exclusive", cumulative.exclusive.to_string());
        }
        Op::Scan(scan) => {
            put("body", scan.body.to_json());
            put("captured", scan.captured.to_string());
            put("carry", scan.carry.to_string());
            put("length", scan.length.to_string());
            put("reverse", scan.reverse.to_string());
        }
        Op::Cond(cond) => {
            put("then", cond.then.to_json());
            put("otherwise", cond.otherwise.to_json());
        }
        Op::While(lap) => {
            put("condition", lap.condition.to_json());
            put("body", lap.body.to_json());
            put("captured", lap.captured.to_string());
        }
        _ => {}
    }
    members
}

fn list<T>(items: &[T], write: impl Fn(&T) -> String) -> String {
    let written: Vec<String> = items.iter().map(write).collect();
    format!("[{}]", written.join(","))
}

fn numbers<T: Display>(items: &[T]) -> String {
    list(items, T::to_string)
}

fn refs(refs: &[Ref]) -> String {
    list(refs, |r| format!("[{},{}]", r.node, r.output))
}

/// Names need no escapes.
fn text(name: &str) -> String {
    format!("\"{name}\"")
}

/// A number with all its digits.
fn real(value: f64) -> String {
    match value {
        v if v.is_nan() => text("NaN"),
        f64::INFINITY => text("Infinity"),
        f64::NEG_INFINITY => text("-Infinity"),
        v => format!("{v:?}"),
    }
}

fn window(window: &Window) -> String {
    let Window { strides, dilation, pad_h, pad_w } = window;
    let [strides, dilation, pad_h, pad_w] = [strides, dilation, pad_h, pad_w].map(|pair| numbers(pair));
    format!("{{\"strides\":{strides},\"dilation\":{dilation},\"padH\":{pad_h},\"padW\":{pad_w}}}")
}

fn pool_window(window: &PoolWindow) -> String {
    let PoolWindow { size, strides, pad_h, pad_w, dilation } = window;
    let [size, strides, pad_h, pad_w, dilation] = [size, strides, pad_h, pad_w, dilation].map(|pair| numbers(pair));
    format!("{{\"size\":{size},\"strides\":{strides},\"dilation\":{dilation},\"padH\":{pad_h},\"padW\":{pad_w}}}")
}

/// The taps of every result: positions and weights in turns.
fn rows(taps: &Taps) -> String {
    let rows: Vec<usize> = (0..taps.outputs()).collect();
    list(&rows, |&row| {
        let pairs: Vec<String> = taps.of(row).map(|(source, weight)| format!("{source},{}", real(weight))).collect();
        format!("[{}]", pairs.join(","))
    })
}

#[cfg(test)]
mod tests {
    use crate::dtype::DType;
    use crate::graph::Graph;
    use crate::ops::{conv, elementwise, movement};
    use crate::shape::{Shape, TensorType};
    use crate::tensor::Tensor;

    #[test]
    fn says_operations_operands_types_and_attributes() {
        let f32s = |dims: &[usize]| Tensor::param(TensorType::new(Shape::new(dims).unwrap(), DType::F32));
        let (x, kernel) = (f32s(&[2, 5, 5, 1]), f32s(&[3, 3, 1, 4]));
        let window = conv::Window { strides: [1, 2], dilation: [1, 1], pad_h: [1, 1], pad_w: [0, 0] };
        let y = conv::conv2d(&x, &kernel, window).unwrap();
        let low = movement::scalar(f64::NEG_INFINITY, DType::F32).unwrap();
        let y = elementwise::binary(elementwise::BinaryKind::Max, &y, &low).unwrap();
        let (graph, _) = Graph::capture(&[y], &[x, kernel], 0).unwrap();
        assert_eq!(
            graph.to_json(),
            concat!(
                r#"{"params":2,"outputs":[[4,0]],"nodes":["#,
                r#"{"op":"Param","name":"param","inputs":[],"types":[["float32",[2,5,5,1]]],"attributes":{}},"#,
                r#"{"op":"Param","name":"param","inputs":[],"types":[["float32",[3,3,1,4]]],"attributes":{}},"#,
                r#"{"op":"Conv2D","name":"conv2d","inputs":[[0,0],[1,0]],"types":[["float32",[2,5,2,4]]],"attributes":"#,
                r#"{"window":{"strides":[1,2],"dilation":[1,1],"padH":[1,1],"padW":[0,0]},"groups":1}},"#,
                r#"{"op":"Constant","name":"constant","inputs":[],"types":[["float32",[]]],"attributes":{"value":"-Infinity"}},"#,
                r#"{"op":"Binary","name":"maximum","inputs":[[2,0],[3,0]],"types":[["float32",[2,5,2,4]]],"attributes":{}}"#,
                "]}"
            )
        );
    }
}
