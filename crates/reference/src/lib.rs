#![forbid(unsafe_code)]
//! The oracle of the tests: every operation in f64, one element at a time, in the words of its documentation.
//!
//! Nothing here is quick, and nothing shares code with what it judges: shapes come from the graph, numbers from loops
//! that a reader can check against a formula. Integers and booleans are held as f64 exactly; int32 wraps; float32 is
//! kept in f64 (so that central differences work), bfloat16 and float16 are rounded where a cast makes them.

mod arithmetic;
mod contraction;
mod control;
mod fill;
mod linalg;
mod movement;
mod philox;
mod pool;
mod reduce;
mod row;
mod sampling;
mod sorting;
mod special;
mod spectral;
mod value;

use hornbeam_graph::{Error, Graph, Op, Result, TensorType};

pub use arithmetic::convert;
pub use fill::random_value;
pub use philox::{philox4x32_10, random_bits};
pub use value::Value;

/// Runs `graph` on `args`, one value a parameter.
///
/// # Errors
/// State: the arguments are not of the parameters' types. Data: an id or a label is out of range.
pub fn evaluate(graph: &Graph, args: &[Value]) -> Result<Vec<Value>> {
    let given: Vec<TensorType> = args.iter().map(|value| value.ty).collect();
    if given != graph.param_types() {
        return Err(Error::state(format!("the graph takes {:?}, got {given:?}", graph.param_types())));
    }
    let mut computed: Vec<Vec<Value>> = args.iter().map(|value| vec![value.clone()]).collect();
    for node in &graph.nodes[graph.params..] {
        let inputs: Vec<&Value> = node.inputs.iter().map(|r| &computed[r.node as usize][r.output as usize]).collect();
        let outputs = apply(&node.op, &inputs, &node.types)?;
        computed.push(outputs);
    }
    Ok(graph.outputs.iter().map(|r| computed[r.node as usize][r.output as usize].clone()).collect())
}

/// Runs one operation; `types` are the types of its outputs.
///
/// # Errors
/// Data: an id or a label is out of range.
pub fn apply(op: &Op, inputs: &[&Value], types: &[TensorType]) -> Result<Vec<Value>> {
    let data: Vec<Vec<f64>> = match op {
        Op::Param => return Err(Error::state("a parameter is not computed")),
        Op::Unary(op) => vec![arithmetic::unary(op.0, inputs[0])],
        Op::Binary(op) => vec![arithmetic::binary(op.0, inputs[0], inputs[1], types[0].shape)],
        Op::Select(_) => vec![arithmetic::select(inputs, types[0].shape)],
        Op::Cast(op) => vec![inputs[0].data.iter().map(|&x| convert(x, inputs[0].ty.dtype, op.0)).collect()],
        Op::Constant(op) => vec![vec![arithmetic::constant(op.value.get(), op.dtype)]],
        Op::Iota(op) => vec![Value::build(types[0].shape, |index| index[op.axis] as f64)],
        Op::Reshape(_) | Op::StopGradient(_) | Op::CustomGradient(_) => vec![inputs[0].data.clone()],
        Op::Transpose(op) => vec![movement::transpose(op, inputs[0], types[0].shape)],
        Op::Broadcast(_) => {
            vec![Value::build(types[0].shape, |index| inputs[0].broadcast(index, types[0].shape.rank()))]
        }
        Op::Slice(op) => vec![movement::slice(op, inputs[0], types[0].shape)],
        Op::Pad(op) => vec![movement::pad(op, inputs[0], inputs[1], types[0].shape)],
        Op::Concat(op) => vec![movement::concat(op, inputs, types[0].shape)],
        Op::Reverse(op) => vec![movement::reverse(op, inputs[0])],
        Op::Gather(op) => vec![movement::gather(op, inputs[0], inputs[1], types[0].shape)?],
        Op::ScatterAdd(op) => vec![movement::scatter_add(op, inputs[0], inputs[1], inputs[2])?],
        Op::DynamicSlice(op) => vec![movement::dynamic_slice(op, inputs[0], &inputs[1..])],
        Op::DynamicUpdateSlice(_) => vec![movement::dynamic_update_slice(inputs[0], inputs[1], &inputs[2..])],
        Op::Reduce(op) => vec![reduce::reduce(op, inputs[0], types[0])],
        Op::ArgReduce(op) => vec![reduce::arg_reduce(op, inputs[0], types[0].shape)],
        Op::MatMul(op) => vec![contraction::matmul(op, inputs[0], inputs[1], types[0].shape)],
        Op::Conv2D(op) => vec![contraction::conv2d((&op.window, op.groups), inputs[0], inputs[1], types[0].shape)],
        Op::Conv2DInputGrad(op) => {
            vec![contraction::conv2d_input_grad((&op.window, op.groups), inputs[0], inputs[1], types[0].shape)]
        }
        Op::Conv2DFilterGrad(op) => {
            vec![contraction::conv2d_filter_grad((&op.window, op.groups), inputs[0], inputs[1], types[0].shape)]
        }
        Op::MaxPool2D(op) => pool::max(&op.window, inputs[0], types[0].shape),
        Op::MaxPool2DGrad(op) => vec![pool::max_grad(&op.window, inputs[0], inputs[1], types[0].shape)],
        Op::MaxPool2DGather(op) => vec![pool::max_gather(&op.window, inputs[0], inputs[1])],
        Op::AvgPool2D(op) => vec![pool::average(&op.window, inputs[0], types[0].shape)],
        Op::Resample(op) => vec![contraction::resample(op, inputs[0], types[0].shape)],
        Op::AvgPool2DGrad(op) => vec![pool::average_grad(&op.window, inputs[0], types[0].shape)],
        Op::Softmax(op) => vec![row::softmax(op.log, inputs[0])],
        Op::SoftmaxCrossEntropy(_) => vec![row::softmax_cross_entropy(inputs[0], inputs[1])?],
        Op::BatchNorm(op) => row::batch_norm(op.epsilon.get(), inputs[0], inputs[1], inputs[2]),
        Op::SoftmaxGrad(_) => vec![row::softmax_grad(inputs[0], inputs[1])],
        Op::LayerNorm(op) => row::layer_norm(op.epsilon.get(), inputs[0], inputs[1], inputs[2]),
        Op::LayerNormInputGrad(_) => {
            vec![row::layer_norm_input_grad([inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]])]
        }
        Op::LayerNormParamGrad(_) => vec![row::layer_norm_param_grad([inputs[0], inputs[1], inputs[2], inputs[3]])],
        Op::Random(op) => vec![philox::random(op, inputs[0], inputs[1])],
        Op::BatchGather(_) => vec![sorting::batch_gather(inputs[0], inputs[1])?],
        Op::Scatter(op) => vec![sorting::scatter(op, inputs[0], inputs[1], inputs[2])?],
        Op::RavelIndex(op) => vec![sorting::ravel_index(op, inputs[0])?],
        Op::Sort(op) => sorting::sort(op, inputs[0]),
        Op::SearchSorted(op) => vec![sorting::search_sorted(op, inputs[0], inputs[1])],
        Op::Cumulative(op) => vec![sorting::cumulative(op, inputs[0])],
        Op::Cholesky(_) => linalg::by_matrix(inputs, types, |x| Ok(vec![linalg::cholesky(&x[0])?]))?,
        Op::TriangularSolve(op) => linalg::by_matrix(inputs, types, |x| Ok(vec![linalg::triangular_solve(op, x)?]))?,
        Op::Solve(op) => linalg::by_matrix(inputs, types, |x| Ok(vec![linalg::solve(op, x)?]))?,
        Op::Lu(_) => linalg::by_matrix(inputs, types, |x| Ok(linalg::lu(&x[0])))?,
        Op::Qr(op) => linalg::by_matrix(inputs, types, |x| Ok(linalg::qr(op.full, &x[0])))?,
        Op::Eigh(_) => linalg::by_matrix(inputs, types, |x| Ok(linalg::eigh(&x[0])))?,
        Op::Svd(_) => linalg::by_matrix(inputs, types, |x| Ok(linalg::svd(&x[0])))?,
        Op::Fft(op) => spectral::fft(op.inverse, inputs[0], inputs[1]),
        Op::RealFft(_) => spectral::rfft(inputs[0]),
        Op::InverseRealFft(op) => vec![spectral::irfft(op.n, inputs[0], inputs[1])],
        Op::Sample(op) => vec![sampling::sample(op, inputs)],
        Op::Scan(op) => control::scan(op, inputs, types)?,
        Op::Cond(op) => control::cond(op, inputs)?,
        Op::While(op) => control::while_loop(op, inputs)?,
    };
    assert_eq!(data.len(), types.len(), "{}: number of outputs", op.name());
    let values = data.into_iter().zip(types).map(|(data, &ty)| {
        assert_eq!(data.len(), ty.shape.size(), "{}: number of elements", op.name());
        Value { ty, data }
    });
    Ok(values.collect())
}
