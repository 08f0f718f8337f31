//! Products whose tasks run the elementwise work on their results: updates of variables by their gradients, at sizes around every edge of the tiles,
//! against f64, in place or not, with the same bits for any number of threads; and what may not be joined.

mod common;
mod fuzz;

use std::sync::Arc;

use common::{from_buffer, to_buffer};
use fuzz::{Judge, hazards};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::{Buffer, Variable};
use hornbeam_engine::graph::cases::Operand;
use hornbeam_engine::graph::ops::contraction::matmul;
use hornbeam_engine::graph::ops::elementwise::{self as ew, UnaryKind};
use hornbeam_engine::graph::ops::{movement, reduce};
use hornbeam_engine::graph::{DType, Graph, Result, Shape, Tensor, TensorType};
use hornbeam_engine::instr::Kernel;
use hornbeam_engine::plan::{Plan, Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_engine::{eval, trace};
use hornbeam_kernels::{Isa, isa};
use hornbeam_reference::{Value, random_value};

/// `[m, n, k]`, and whether it is joined: nothing, one task, parts of rows (short ones are not joined), whole rows in even and uneven bands, more columns than a
/// tile takes, sums in several blocks.
const SIZES: [([usize; 3], bool); 15] = [
    ([0, 5, 3], true),
    ([5, 0, 3], true),
    ([200, 4, 0], true),
    ([1, 700, 65], true),
    ([3, 5, 7], true),
    ([40, 300, 9], true),
    ([100, 500, 40], false),
    ([129, 33, 40], true),
    ([150, 4200, 3], true),
    ([140, 17, 700], true),
    ([301, 257, 32], true),
    ([500, 31, 64], true),
    ([785, 65, 20], true),
    ([1000, 8, 50], true),
    ([1000, 1, 130], true),
];

fn param(dims: &[usize]) -> Tensor {
    Tensor::param(TensorType::new(Shape::new(dims).expect("small"), DType::F32))
}

fn plan(graph: &Graph, written: Vec<usize>, isa: Isa) -> Plan {
    let variables = written.clone();
    let spec = Spec { graph: graph.clone(), batch: None, updates: written, variables, precision: Precision::Fast };
    let plan = compile(&spec, isa).expect("compiles");
    let hazard = hazards(&plan);
    assert!(hazard.is_none(), "{hazard:?}\n{}", plan.describe());
    plan
}

/// Products that run elementwise code on their tiles.
fn joined(plan: &Plan) -> usize {
    let joined = |kernel: &Kernel| matches!(kernel, Kernel::MatMul { after: Some(_), .. });
    plan.stages.iter().flat_map(|stage| stage.instrs()).filter(|instr| joined(&instr.kernel)).count()
}

/// `x`, `dy`, rate, weights, their mean and their variance to the last three's new values: Adam's update.
fn adam([m, n, k]: [usize; 3]) -> Result<Graph> {
    let params = [param(&[k, m]), param(&[k, n]), param(&[]), param(&[m, n]), param(&[m, n]), param(&[m, n])];
    let [x, dy, rate, weights, mean, variance] = &params;
    let gradient = matmul(x, dy, true, false)?;
    let towards = |from: &Tensor, to: &Tensor, share: f64| ew::add(from, &ew::scale(&ew::sub(to, from)?, share)?);
    let mean = towards(mean, &gradient, 0.1)?;
    let variance = towards(variance, &ew::unary(UnaryKind::Square, &gradient)?, 0.2)?;
    let root = ew::shift(&ew::unary(UnaryKind::Sqrt, &variance)?, 0.1)?;
    let step = ew::div(&ew::mul(&mean, &movement::broadcast_to(rate, mean.shape())?)?, &root)?;
    Ok(Graph::capture(&[ew::sub(weights, &step)?, mean, variance], &params, 0)?.0)
}

#[test]
fn updates_by_gradients() {
    for (case, (size, is_joined)) in SIZES.into_iter().enumerate() {
        let [m, n, k] = size;
        let graph = adam(size).expect("dims fit");
        let value =
            |dims: &[usize], low: f64, i: usize| random_value(&Operand::floats(dims, low, 1.0), (case * 6 + i) as u64);
        let args = [
            value(&[k, m], -1.0, 0),
            value(&[k, n], -1.0, 1),
            value(&[], 0.1, 2),
            value(&[m, n], -1.0, 3),
            value(&[m, n], -1.0, 4),
            value(&[m, n], 0.0, 5),
        ];
        let judge = Judge::new(&graph, &args).expect("good data");
        let arguments: Vec<Arc<Buffer>> = args[..3].iter().map(|a| Arc::new(to_buffer(a))).collect();
        for level in isa::available() {
            let plan = Arc::new(plan(&graph, vec![3, 4, 5], level));
            assert_eq!(joined(&plan), usize::from(is_joined), "{level:?}, {size:?}:\n{}", plan.describe());
            let mut first: Option<Vec<Vec<u8>>> = None;
            for (threads, held) in [(1, false), (2, true), (3, false)] {
                runtime().set_threads(threads);
                let variables: Vec<Arc<Variable>> =
                    args[3..].iter().map(|a| Variable::new("v", Arc::new(to_buffer(a)))).collect();
                let read = |v: &Arc<Variable>| eval::read(&trace::read_variable(v)).expect("numbers");
                // A version that somebody holds is not written over.
                let old: Vec<Arc<Buffer>> = variables.iter().filter(|_| held).map(read).collect();
                let bindings = (0..3).map(|_| Binding::Argument);
                let bound = variables.iter().map(|v| Binding::Variable(v.clone()));
                let program = Program::new(plan.clone(), bindings.chain(bound).collect());
                program.run(&arguments, Priority::Training).expect("runs");
                let news: Vec<Arc<Buffer>> = variables.iter().map(read).collect();
                let actual: Vec<Value> = news.iter().map(|b| from_buffer(b)).collect();
                if let Some(what) = judge.check(&actual) {
                    panic!("{level:?}, {size:?}, {threads} threads: {what}");
                }
                assert!(old.iter().zip(&args[3..]).all(|(old, arg)| from_buffer(old) == *arg), "old versions stay");
                let bytes: Vec<Vec<u8>> = news.iter().map(|b| b.bytes().to_vec()).collect();
                assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "{size:?}: bits depend on the threads");
            }
        }
    }
    runtime().set_threads(2);
}

/// Outputs of a program with a product `g` of `x` and `dy`, a matrix as large, and a row of it.
fn joined_of(build: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Vec<Tensor>>, written: &[usize]) -> usize {
    let params = [param(&[40, 300]), param(&[40, 300]), param(&[300, 300]), param(&[300])];
    let gradient = matmul(&params[0], &params[1], true, false).expect("dims fit");
    let outputs = build(&gradient, &params[2], &params[3]).expect("dims fit");
    let (graph, _) = Graph::capture(&outputs, &params, 0).expect("closed");
    joined(&plan(&graph, written.to_vec(), common::isa()))
}

#[test]
fn what_is_joined() {
    // An activation that no epilogue has; numbers for all elements; a view with the same order.
    assert_eq!(joined_of(|g, _, _| Ok(vec![ew::unary(UnaryKind::Tanh, g)?]), &[]), 1);
    assert_eq!(joined_of(|g, w, _| Ok(vec![ew::scale(&ew::mul(g, w)?, 0.5)?]), &[]), 1);
    let flat = |x: &Tensor| movement::reshape(x, &[-1]);
    assert_eq!(joined_of(|g, w, _| Ok(vec![ew::mul(g, &movement::reshape(&flat(w)?, &[300, 300])?)?]), &[]), 1);
    // Of two products that are read together one takes the work in.
    let again = |w: &Tensor| matmul(w, w, false, true);
    assert_eq!(joined_of(|g, w, _| Ok(vec![ew::mul(g, &again(w)?)?]), &[]), 1);
    // Somebody else reads the product: the caller, a reduction, another view of it.
    assert_eq!(joined_of(|g, w, _| Ok(vec![ew::mul(g, w)?, g.clone()]), &[]), 0);
    assert_eq!(joined_of(|g, w, _| Ok(vec![ew::mul(g, w)?, reduce::sum(g, &[0, 1], false)?]), &[]), 0);
    assert_eq!(joined_of(|g, _, _| Ok(vec![ew::mul(g, &movement::transpose(g, &[1, 0])?)?]), &[]), 0);
    // An operand that lies otherwise: a row for all rows, positions, the matrix turned.
    let row = |r: &Tensor| movement::broadcast_to(r, Shape::new(&[300, 300])?);
    assert_eq!(joined_of(|g, _, r| Ok(vec![ew::mul(g, &row(r)?)?]), &[]), 0);
    let positions = || movement::iota(Shape::new(&[300, 300])?, 0, DType::F32);
    assert_eq!(joined_of(|g, _, _| Ok(vec![ew::mul(g, &positions()?)?]), &[]), 0);
    assert_eq!(joined_of(|g, w, _| Ok(vec![ew::mul(g, &movement::transpose(w, &[1, 0])?)?]), &[]), 0);
}

/// A product that reads the variable that its own tasks would write.
#[test]
fn a_variable_that_the_product_reads_is_not_written_under_it() {
    let ty = TensorType::new(Shape::new(&[300, 300]).expect("small"), DType::F32);
    let start = random_value(&Operand::floats(&[300, 300], -0.1, 0.1), 7);
    let variable = Variable::new("w", Arc::new(to_buffer(&start)));
    let w = Tensor::param(ty);
    let next = ew::sub(&w, &ew::unary(UnaryKind::Tanh, &matmul(&w, &w, true, false).expect("square")).expect("floats"));
    let (graph, _) = Graph::capture(&[next.expect("fits")], &[w], 0).expect("closed");
    let judge = Judge::new(&graph, &[start]).expect("good data");
    let program =
        Program::new(Arc::new(plan(&graph, vec![0], common::isa())), vec![Binding::Variable(variable.clone())]);
    program.run(&[], Priority::Training).expect("runs");
    let read = eval::read(&trace::read_variable(&variable)).expect("numbers");
    assert_eq!(judge.check(&[from_buffer(&read)]), None);
}
