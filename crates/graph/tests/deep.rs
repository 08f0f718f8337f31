//! Graphs as deep as a loop makes them: nothing recurses over nodes.

use hornbeam_graph::ops::elementwise::{self, UnaryKind};
use hornbeam_graph::simplify::simplify;
use hornbeam_graph::{DType, Graph, Shape, Tensor, TensorType, gradients};

/// `depth` operations, one on the other.
fn chain(x: &Tensor, depth: usize) -> Tensor {
    let mut y = x.clone();
    for _ in 0..depth {
        y = elementwise::unary(UnaryKind::Sin, &y).unwrap();
    }
    y
}

fn param() -> Tensor {
    Tensor::param(TensorType::new(Shape::new(&[2]).unwrap(), DType::F32))
}

/// Runs on a small stack, so that recursion shows at once.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 << 10).spawn(test).unwrap().join().unwrap();
}

#[test]
fn a_chain_of_a_million_nodes_is_dropped() {
    on_a_small_stack(|| drop(chain(&param(), 1_000_000)));
}

#[test]
fn a_hundred_and_fifty_thousand_nodes_are_differentiated_captured_and_simplified() {
    on_a_small_stack(|| {
        let x = param();
        let y = chain(&x, 50_000);
        let gradient = gradients(std::slice::from_ref(&y), &[None], std::slice::from_ref(&x)).unwrap();
        let outputs = [y, gradient[0].clone().unwrap()];
        let (graph, captured) = Graph::capture(&outputs, std::slice::from_ref(&x), 0).unwrap();
        assert!(captured.is_empty());
        assert!(graph.nodes.len() > 150_000);
        let simple = simplify(&graph);
        assert!(simple.nodes.len() <= graph.nodes.len());
        assert_eq!(simple.output_types(), graph.output_types());
        let again = simple.inline(std::slice::from_ref(&x)).unwrap();
        assert_eq!(again.len(), 2);
    });
}

/// The number of nodes visited, not of paths, is what costs.
#[test]
fn shared_nodes_are_visited_once() {
    let x = param();
    let mut y = x.clone();
    for _ in 0..200 {
        y = elementwise::mul(&y, &y).unwrap();
    }
    let gradient = gradients(std::slice::from_ref(&y), &[None], std::slice::from_ref(&x)).unwrap();
    let (graph, _) = Graph::capture(&[gradient[0].clone().unwrap()], &[x], 0).unwrap();
    assert!(graph.nodes.len() < 1000);
}
