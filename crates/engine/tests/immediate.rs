//! Small operations computed at once: every case of every operation against the f64 reference, and against its program.

mod common;

use std::sync::Arc;

use common::{closed, difference, from_buffer, run, to_buffer};
use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::ops::all_cases;
use hornbeam_engine::graph::{Recording, Scope, Tensor};
use hornbeam_engine::{eval, immediate};
use hornbeam_reference::{Value, evaluate, random_value};

fn leaves(args: &[Value]) -> Vec<Tensor> {
    args.iter().map(|arg| to_buffer(arg).into_tensor()).collect()
}

fn numbers(tensor: &Tensor) -> Value {
    let buffer: Arc<Buffer> = eval::read(tensor).expect("computed");
    from_buffer(&buffer)
}

#[test]
fn every_small_case_matches_the_reference_and_its_program() {
    let (mut settled, mut applied) = (0, 0);
    for (at, case) in all_cases().iter().enumerate() {
        let args: Vec<Value> =
            case.inputs.iter().enumerate().map(|(i, o)| random_value(o, (at * 16 + i) as u64)).collect();
        let types: Vec<_> = args.iter().map(|a| a.ty).collect();
        let graph = closed(case, &types);
        let expected = evaluate(&graph, &args).expect("the reference knows every operation");
        let outputs = case.build(&leaves(&args)).expect("a case's operands fit");
        let what = format!("case {at}, {} of {types:?}", case.name());
        if !immediate::settle(&outputs[0]).expect(&what) {
            continue;
        }
        settled += 1;
        assert!(!outputs[0].node().is_pending(), "{what}");
        for (output, expected) in outputs.iter().zip(&expected).filter(|(output, _)| !output.node().is_pending()) {
            let difference = difference(&numbers(output), expected, case.atol, case.rtol);
            assert!(difference.is_none(), "{what}: {}", difference.unwrap_or_default());
        }
        let Some(op) = case.op() else { continue };
        let operands = leaves(&args);
        let operands: Vec<&Tensor> = operands.iter().collect();
        if outputs.len() == 1
            && let Some(result) = immediate::apply(op, &operands).expect(&what)
        {
            applied += 1;
            let program = run(&graph, &args, None, common::isa()).expect("the program runs");
            assert_eq!(format!("{:?}", numbers(&result).data), format!("{:?}", program[0].data), "{what}: bits");
        }
    }
    assert!(settled > 1000 && applied > 800, "{settled} settled, {applied} applied");
}

#[test]
fn what_is_recorded_or_traced_stays_pending() {
    let x =
        || to_buffer(&random_value(&hornbeam_engine::graph::cases::Operand::floats(&[4], -1.0, 1.0), 1)).into_tensor();
    let square = |x: &Tensor| hornbeam_engine::graph::ops::elementwise::mul(x, x).expect("fits");
    {
        let _recording = Recording::enter();
        assert!(!immediate::settle(&square(&x())).expect("no failure"));
    }
    {
        let _scope = Scope::enter();
        assert!(!immediate::settle(&square(&x())).expect("no failure"));
    }
    assert!(immediate::settle(&square(&x())).expect("no failure"));
}
