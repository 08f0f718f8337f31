//! Every case of every operation: the engine against the f64 reference, on every instruction set, whole and batched.

mod common;

use common::{closed, difference, run};
use hornbeam_engine::graph::ops::all_cases;
use hornbeam_kernels::isa;
use hornbeam_reference::{Value, evaluate, random_value};

#[test]
fn every_case_matches_the_reference() {
    let mut failures = Vec::new();
    let cases = all_cases();
    assert!(!cases.is_empty());
    for (at, case) in cases.iter().enumerate() {
        let args: Vec<Value> =
            case.inputs.iter().enumerate().map(|(i, o)| random_value(o, (at * 16 + i) as u64)).collect();
        let types: Vec<_> = args.iter().map(|a| a.ty).collect();
        let graph = closed(case, &types);
        let expected = evaluate(&graph, &args).expect("the reference knows every operation");
        // The leading axis as a batch wherever there is one: the chunked schedule must give the same.
        let n = types.iter().find(|t| t.shape.rank() > 0).map_or(0, |t| t.shape.dims()[0]);
        let flags = types.iter().map(|t| t.shape.dims().first() == Some(&n)).collect();
        let batches = [None, Some((n, flags))];
        for level in isa::available() {
            for batch in &batches {
                let ran = std::panic::catch_unwind(|| run(&graph, &args, batch.clone(), level));
                let actual = match ran {
                    Ok(Ok(actual)) => actual,
                    failure => {
                        failures.push(format!("case {at}, {:?} of {types:?} on {level:?}: {failure:?}", case.subject));
                        continue;
                    }
                };
                for (a, e) in actual.iter().zip(&expected) {
                    if let Some(difference) = difference(a, e, case.atol, case.rtol) {
                        let batched = if batch.is_some() { ", batched" } else { "" };
                        failures.push(format!(
                            "case {at}, {} on {level:?}{batched} of {types:?} {:?}: {difference}",
                            case.name(),
                            case.subject
                        ));
                    }
                }
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures, the first:\n{}",
        failures.len(),
        failures[..failures.len().min(40)].join("\n")
    );
}
