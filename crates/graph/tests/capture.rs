//! Closed graphs from tensors: what becomes a parameter, and what is a mistake.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use hornbeam_graph::ops::elementwise::{self, UnaryKind};
use hornbeam_graph::ops::{Op, control, movement, pool};
use hornbeam_graph::simplify::simplify;
use hornbeam_graph::{DType, Def, Error, ErrorKind, Graph, Scope, Shape, Storage, Tensor, TensorType, gradients};

#[derive(Debug)]
struct Memory(usize);

impl Storage for Memory {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn address(&self) -> usize {
        self.0
    }
}

fn ty(dims: &[usize], dtype: DType) -> TensorType {
    TensorType::new(Shape::new(dims).unwrap(), dtype)
}

fn param(dims: &[usize]) -> Tensor {
    Tensor::param(ty(dims, DType::F32))
}

fn value(dims: &[usize], address: usize) -> Tensor {
    Tensor::value(ty(dims, DType::F32), Arc::new(Memory(address)))
}

fn sin(x: &Tensor) -> Tensor {
    elementwise::unary(UnaryKind::Sin, x).unwrap()
}

#[test]
fn values_and_variables_become_parameters_after_the_given_ones() {
    let (x, v) = (param(&[3]), value(&[3], 1));
    let w = Tensor::variable(ty(&[3], DType::F32), Arc::new(Memory(2)));
    let y = elementwise::add(&elementwise::mul(&x, &w).unwrap(), &v).unwrap();
    let (graph, captured) = Graph::capture(&[y], std::slice::from_ref(&x), 0).unwrap();
    assert_eq!((graph.params, graph.nodes.len()), (3, 5));
    assert_eq!(captured.iter().map(Tensor::key).collect::<Vec<_>>(), [w.key(), v.key()]);
    assert!(graph.nodes[..3].iter().all(|node| node.op == Op::Param));
}

#[test]
fn leaves_on_the_same_memory_are_one_operand() {
    let (a, b, c) = (value(&[3], 7), value(&[3], 7), value(&[3], 8));
    let sum = elementwise::add(&elementwise::add(&a, &b).unwrap(), &c).unwrap();
    let (graph, captured) = Graph::capture(&[sum], &[], 0).unwrap();
    assert_eq!((graph.params, captured.len()), (2, 2));
    assert_eq!(graph.nodes[2].inputs[0], graph.nodes[2].inputs[1]);
}

#[test]
fn equal_functions_are_equal_graphs() {
    let build = || {
        let x = param(&[3]);
        Graph::capture(&[elementwise::scale(&sin(&x), 2.0).unwrap()], &[x], 0).unwrap().0
    };
    assert_eq!(build(), build());
    let x = param(&[4]);
    assert_ne!(build(), Graph::capture(&[elementwise::scale(&sin(&x), 2.0).unwrap()], &[x], 0).unwrap().0);
}

#[test]
fn a_pending_node_from_outside_is_an_operand_of_the_trace() {
    let outer = sin(&value(&[3], 1));
    let scope = Scope::enter();
    let x = param(&[3]);
    let y = elementwise::mul(&sin(&x), &outer).unwrap();
    let (graph, captured) = Graph::capture(std::slice::from_ref(&y), std::slice::from_ref(&x), scope.id()).unwrap();
    assert_eq!((graph.params, captured.len()), (2, 1));
    assert_eq!(captured[0].key(), outer.key());
    drop(scope);
    // Without a trace there is no outside: the whole chain is captured.
    let (graph, captured) = Graph::capture(&[y], &[x], 0).unwrap();
    assert_eq!((graph.params, captured.len(), graph.nodes.len()), (2, 1, 5));
}

#[test]
fn parameters_may_be_any_tensor_and_outputs_may_be_parameters() {
    let x = param(&[3]);
    let (middle, other) = (sin(&x), param(&[]));
    let end = sin(&middle);
    let (graph, captured) = Graph::capture(&[end, middle.clone(), other.clone()], &[middle, other], 0).unwrap();
    assert!(captured.is_empty());
    assert_eq!((graph.params, graph.nodes.len()), (2, 3));
    assert_eq!(graph.outputs.iter().map(|r| r.node).collect::<Vec<_>>(), [2, 0, 1]);
}

#[test]
fn all_outputs_of_a_node_are_reached() {
    let window = pool::PoolWindow { size: [2, 2], strides: [2, 2], pad_h: [0, 0], pad_w: [0, 0], dilation: [1, 1] };
    let x = param(&[1, 4, 4, 1]);
    let y = pool::max_pool2d(&x, window).unwrap();
    let (graph, _) = Graph::capture(&[y.sibling(1), y], &[x], 0).unwrap();
    assert_eq!(graph.outputs.iter().map(|r| (r.node, r.output)).collect::<Vec<_>>(), [(1, 1), (1, 0)]);
}

#[test]
fn a_leaked_tracer_is_an_error() {
    let leaked = {
        let _scope = Scope::enter();
        sin(&param(&[3]))
    };
    let error = Graph::capture(&[sin(&leaked)], &[], 0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::State);
    assert!(error.message.contains("a tensor of a finished trace was used"), "{error}");
    // Also out of the body of a loop.
    let mut leaked = None;
    let carry = [value(&[3], 1)];
    control::trace_scan::<Error>(&carry, &[], 4, false, |carry, _| {
        leaked = Some(sin(&carry[0]));
        Ok((carry.to_vec(), vec![]))
    })
    .unwrap();
    let error = Graph::capture(&[leaked.unwrap()], &[], 0).unwrap_err();
    assert_eq!(error.kind, ErrorKind::State);
}

#[test]
fn a_failed_node_fails_its_readers() {
    let x = sin(&value(&[3], 1));
    x.node().settle(Def::Failed(Error::data("id 7 at position 2 is outside of 0..5")));
    let error = Graph::capture(&[sin(&x)], &[], 0).unwrap_err();
    assert_eq!(error, Error::data("id 7 at position 2 is outside of 0..5"));
}

#[test]
fn settled_nodes_are_leaves_and_let_go_of_their_operands() {
    let source: Arc<dyn Storage> = Arc::new(Memory(1));
    let x = Tensor::value(ty(&[3], DType::F32), source.clone());
    let y = sin(&x);
    drop(x);
    assert_eq!(Arc::strong_count(&source), 2);
    y.node().settle(Def::Value(vec![Arc::new(Memory(5))]));
    assert_eq!(Arc::strong_count(&source), 1);
    let (graph, captured) = Graph::capture(&[sin(&y)], &[], 0).unwrap();
    assert_eq!((graph.params, captured[0].key()), (1, y.key()));
}

#[test]
fn inlining_a_capture_gives_the_same_graph() {
    let (x, y) = (param(&[2, 3]), param(&[3]));
    let z = elementwise::add(&sin(&x), &elementwise::mul(&y, &y).unwrap()).unwrap();
    let (graph, _) = Graph::capture(&[z], &[x, y], 0).unwrap();
    let (a, b) = (param(&[2, 3]), param(&[3]));
    let inlined = graph.inline(&[a.clone(), b.clone()]).unwrap();
    assert_eq!(Graph::capture(&inlined, &[a, b], 0).unwrap().0, graph);
}

/// Captured tensors of several bodies are shared operands, in front of the carried ones.
#[test]
fn control_flow_takes_what_its_functions_capture() {
    let (w, x) = (param(&[3]), param(&[3]));
    let predicate = Tensor::param(ty(&[], DType::Bool));
    let results = control::trace_cond::<Error>(
        &predicate,
        || Ok(vec![elementwise::mul(&x, &w)?]),
        || Ok(vec![elementwise::add(&sin(&w), &x)?]),
    )
    .unwrap();
    let Def::Op(Op::Cond(_), inputs) = &*results[0].node().def() else { panic!("a conditional") };
    let mut keys: Vec<_> = inputs.iter().map(Tensor::key).collect();
    assert_eq!(keys.remove(0), predicate.key());
    keys.sort();
    assert_eq!(keys, [w.key(), x.key()]);
}

#[test]
fn gradients_stop_where_they_are_told_to() {
    let x = param(&[3]);
    let y = elementwise::mul(&x, &movement::stop_gradient(&sin(&x)).unwrap()).unwrap();
    let found = gradients(std::slice::from_ref(&y), &[None], std::slice::from_ref(&x)).unwrap();
    let (graph, _) = Graph::capture(&[found[0].clone().unwrap()], std::slice::from_ref(&x), 0).unwrap();
    assert!(!graph.nodes.iter().any(|node| node.op.name() == "cos"));
    let detached = movement::stop_gradient(&x).unwrap();
    assert!(gradients(&[sin(&detached)], &[None], std::slice::from_ref(&x)).unwrap()[0].is_none());
    let whole = elementwise::cast(&x, DType::I32).unwrap();
    let back = elementwise::cast(&whole, DType::F32).unwrap();
    assert!(gradients(&[back], &[None], &[x]).unwrap()[0].is_none(), "nothing flows through integers");
}

/// 16-bit tensors only store: their cotangents are summed in float32, and handed out in their own type.
#[test]
fn gradients_of_sixteen_bit_tensors_are_summed() {
    let (x, value) = (Tensor::param(ty(&[3], DType::Bf16)), Tensor::param(ty(&[], DType::Bf16)));
    let wide = movement::broadcast_to(&x, Shape::new(&[2, 3]).unwrap()).unwrap();
    let padded = movement::pad(&wide, &value, &[1, 0], &[0, 0], &[0, 0]).unwrap();
    let twice =
        elementwise::mul(&elementwise::cast(&padded, DType::F32).unwrap(), &elementwise::cast(&x, DType::F32).unwrap())
            .unwrap();
    let scanned = control::trace_scan::<Error>(&[twice], &[], 3, false, |carry, _| {
        Ok((vec![elementwise::mul(&carry[0], &elementwise::cast(&x, DType::F32)?)?], vec![]))
    })
    .unwrap();
    let params = [x, value];
    let found = gradients(&scanned, &[None], &params).unwrap();
    assert_eq!(found.iter().map(|g| g.as_ref().unwrap().ty()).collect::<Vec<_>>(), params.each_ref().map(Tensor::ty));
}

/// Gradients through the 16-bit types keep their dtype.
#[test]
fn gradients_have_the_type_of_what_they_are_of() {
    let x = Tensor::param(ty(&[2, 3], DType::Bf16));
    let bias = param(&[3]);
    let y = elementwise::add(&elementwise::cast(&x, DType::F32).unwrap(), &bias).unwrap();
    let found = gradients(&[y], &[None], &[x, bias]).unwrap();
    assert_eq!(found[0].as_ref().unwrap().ty(), ty(&[2, 3], DType::Bf16));
    assert_eq!(found[1].as_ref().unwrap().ty(), ty(&[3], DType::F32));
}

#[test]
fn random_numbers_of_one_key_are_one_node() {
    let seed = Tensor::param(ty(&[2], DType::I32));
    let counter = Tensor::param(ty(&[], DType::I32));
    let draw = |draw| {
        let shape = Shape::new(&[4]).unwrap();
        hornbeam_graph::ops::random::random(
            hornbeam_graph::ops::random::RandomKind::Uniform,
            shape,
            &seed,
            &counter,
            draw,
        )
        .unwrap()
    };
    let outputs = [draw(0), draw(0), draw(1)];
    let (graph, _) = Graph::capture(&outputs, &[seed.clone(), counter.clone()], 0).unwrap();
    assert_eq!(graph.nodes.len(), 5);
    assert_eq!(simplify(&graph).nodes.len(), 4);
}

#[test]
fn a_thread_may_end_in_the_middle_of_a_trace() {
    thread_local! {
        static KEPT: RefCell<Option<Scope>> = const { RefCell::new(None) };
    }
    // What is used first is dropped last on most systems: after the list of scopes. A panic in such a drop aborts the process.
    std::thread::spawn(|| {
        KEPT.with_borrow(|kept| assert!(kept.is_none()));
        let scope = Scope::enter();
        KEPT.set(Some(scope));
    })
    .join()
    .unwrap();
}
