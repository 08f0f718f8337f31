//! How exact a result can be: the reference is run again with noise of the size of float32's rounding after every operation. Where that changes
//! a result much (cancellation, a comparison of nearly equal numbers), nothing can be asked of the engine.

use hornbeam_engine::graph::{DType, Graph, Op, Ref};
use hornbeam_reference::{Value, apply};

use super::choices::Choices;

/// What a graph's outputs should be, and how close an engine can come; `None` for an output that cannot be judged.
pub struct Judge {
    pub expected: Vec<Value>,
    pub tolerance: Vec<Option<f64>>,
}

impl Judge {
    /// Runs the reference, plain and with noise. `None`: it reports bad data.
    pub fn new(graph: &Graph, args: &[Value]) -> Option<Judge> {
        let plain = evaluate(graph, args, None)?;
        let noisy = [1, 2].map(|seed| evaluate(graph, args, Some(&mut Choices::new(seed))));
        let [Some(first), Some(second)] = noisy else { return None };
        // What depends on something that cannot be judged may look exact and still not be: a tie that noise always breaks.
        let mut tolerance: Vec<Option<Vec<f64>>> = Vec::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            let known = node.inputs.iter().all(|r| tolerance[r.node as usize].is_some());
            let one = |i: usize| tolerance_of(&plain[at][i], [&first[at][i], &second[at][i]]);
            tolerance.push(if known { (0..node.types.len()).map(one).collect() } else { None });
        }
        let of = |r: &Ref| tolerance[r.node as usize].as_ref().map(|all| all[r.output as usize]);
        let expected = graph.outputs.iter().map(|r| plain[r.node as usize][r.output as usize].clone()).collect();
        Some(Judge { expected, tolerance: graph.outputs.iter().map(of).collect() })
    }

    /// How many outputs can be judged.
    pub fn judged(&self) -> usize {
        self.tolerance.iter().flatten().count()
    }

    /// What is wrong with results.
    pub fn check(&self, actual: &[Value]) -> Option<String> {
        (0..actual.len()).find_map(|i| {
            let tolerance = self.tolerance[i]?;
            close(&actual[i], &self.expected[i], tolerance).map(|what| format!("output {i}: {what}"))
        })
    }
}

/// The first element that is further away than `tolerance`.
pub fn close(actual: &Value, expected: &Value, tolerance: f64) -> Option<String> {
    if actual.ty != expected.ty {
        return Some(format!("type {} instead of {}", actual.ty, expected.ty));
    }
    let far = actual.data.iter().zip(&expected.data).position(|(a, e)| (a - e).abs() > tolerance || a.is_nan());
    far.map(|at| {
        format!(
            "element {at} of {}: {} instead of {} (within {tolerance:e})",
            actual.ty, actual.data[at], expected.data[at]
        )
    })
}

/// How close an engine can come to a value that noise made others of.
fn tolerance_of(value: &Value, noisy: [&Value; 2]) -> Option<f64> {
    let differences = noisy.iter().flat_map(|other| other.data.iter().zip(&value.data));
    let error = differences.map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    let most = value.data.iter().map(|x| x.abs()).fold(0.0, f64::max);
    if !value.ty.dtype.is_float() {
        return (error == 0.0 && most < 2e9).then_some(0.0);
    }
    let finite = value.data.iter().chain(&noisy[0].data).chain(&noisy[1].data).all(|x| x.is_finite());
    (finite && most < 1e6 && error <= 1e-2 * most.max(0.1)).then_some(10.0 * error + 2e-6 * most.max(0.1))
}

/// The values of all nodes.
fn evaluate(graph: &Graph, args: &[Value], mut noise: Option<&mut Choices>) -> Option<Vec<Vec<Value>>> {
    let mut computed: Vec<Vec<Value>> = args.iter().map(|value| vec![value.clone()]).collect();
    for node in &graph.nodes[graph.params..] {
        let inputs: Vec<&Value> = node.inputs.iter().map(|r| &computed[r.node as usize][r.output as usize]).collect();
        let mut outputs = apply(&node.op, &inputs, &node.types).ok()?;
        if let (Some(noise), Some((own, sum))) = (&mut noise, rounding(&node.op)) {
            let most = inputs
                .iter()
                .filter(|x| x.ty.dtype == DType::F32)
                .flat_map(|x| &x.data)
                .fold(0.0, |m: f64, x| m.max(x.abs()));
            for value in outputs.iter_mut().filter(|v| v.ty.dtype.is_float()) {
                value.data.iter_mut().for_each(|x| *x += noise.sign() * (own * x.abs() + sum * most));
            }
        }
        computed.push(outputs);
    }
    Some(computed)
}

/// Rounding of an operation, relative to its result and to its largest operand; `None`: it only moves numbers.
fn rounding(op: &Op) -> Option<(f64, f64)> {
    match op {
        Op::Cast(op) if op.0 == DType::Bf16 => Some((4e-3, 0.0)),
        Op::Cast(op) if op.0 == DType::F16 => Some((5e-4, 1e-7)),
        // Exact, or exact where they matter.
        Op::Cast(_)
        | Op::Constant(_)
        | Op::Iota(_)
        | Op::Reshape(_)
        | Op::StopGradient(_)
        | Op::Transpose(_)
        | Op::Broadcast(_) => None,
        Op::Slice(_) | Op::Pad(_) | Op::Concat(_) | Op::Reverse(_) | Op::Gather(_) | Op::DynamicSlice(_) => None,
        Op::DynamicUpdateSlice(_) | Op::ArgReduce(_) | Op::MaxPool2D(_) | Op::MaxPool2DGather(_) | Op::Select(_) => {
            None
        }
        // One after the other, however many meet at one place.
        Op::ScatterAdd(_) => Some((1e-5, 3e-6)),
        Op::Unary(_) | Op::Binary(_) | Op::Random(_) => Some((5e-7, 1e-12)),
        _ => Some((5e-7, 3e-7)),
    }
}
