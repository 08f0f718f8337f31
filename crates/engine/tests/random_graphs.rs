//! Random graphs, and their gradients: the engine against the f64 reference, whole and by batch, on every instruction set and with several
//! numbers of threads. `HORNBEAM_FUZZ_GRAPHS` asks for more graphs, `HORNBEAM_FUZZ_FIRST` for other ones.

mod common;
mod fuzz;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use common::{from_buffer, to_buffer};
use fuzz::{Judge, Made, hazards, make};
use hornbeam_engine::algorithm::Precision;
use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::plan::{Spec, compile};
use hornbeam_engine::program::{Binding, Program};
use hornbeam_engine::runtime::{Priority, runtime};
use hornbeam_kernels::{Isa, isa};
use hornbeam_reference::Value;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// What the engine makes of a graph with 1, 2 and 3 threads, or what is wrong.
fn run(made: &Made, batch: Option<(usize, Vec<bool>)>, level: Isa) -> Result<Vec<Value>, String> {
    let spec = Spec {
        graph: made.graph.clone(),
        batch,
        updates: Vec::new(),
        variables: Vec::new(),
        precision: Precision::Fast,
    };
    let plan = compile(&spec, level).map_err(|e| format!("does not compile: {e}"))?;
    if let Some(what) = hazards(&plan) {
        return Err(format!("{what}\n{}", plan.describe()));
    }
    let program = Program::new(Arc::new(plan), vec![Binding::Argument; made.args.len()]);
    let args: Vec<Arc<Buffer>> = made.args.iter().map(|a| Arc::new(to_buffer(a))).collect();
    let mut first: Option<Vec<Arc<Buffer>>> = None;
    for threads in [1, 2, 3] {
        runtime().set_threads(threads);
        let results = program.run(&args, Priority::Inference).map_err(|f| format!("{threads} threads: {f:?}"))?;
        match &first {
            Some(first) => {
                if let Some(i) = (0..results.len()).find(|&i| results[i].bytes() != first[i].bytes()) {
                    return Err(format!("output {i} has other bits with {threads} threads than with one"));
                }
            }
            None => first = Some(results),
        }
    }
    Ok(first.expect("three runs").iter().map(|b| from_buffer(b)).collect())
}

#[test]
fn random_graphs_match_the_reference() {
    let (first, count) = (number("HORNBEAM_FUZZ_FIRST", 0), number("HORNBEAM_FUZZ_GRAPHS", 300));
    let verbose = std::env::var_os("HORNBEAM_FUZZ_VERBOSE").is_some();
    // The best first.
    let mut levels = isa::available();
    levels.reverse();
    let (mut judged, mut outputs) = (0, 0);
    let mut failures: Vec<String> = Vec::new();
    for seed in first..first + count {
        let made = make(seed);
        let Some(judge) = Judge::new(&made.graph, &made.args) else { continue };
        judged += judge.judged();
        outputs += made.graph.outputs.len();
        for (at, &level) in levels.iter().enumerate() {
            // The best level has most of the code; the others take turns.
            if at > 0 && seed as usize % (levels.len() - 1) != at - 1 {
                continue;
            }
            for batch in [None, Some((made.n, made.batched.clone()))] {
                let name = if batch.is_some() { "batched" } else { "whole" };
                let ran = catch_unwind(AssertUnwindSafe(|| run(&made, batch, level)));
                let wrong = match ran {
                    Ok(Ok(actual)) => judge.check(&actual),
                    Ok(Err(what)) => Some(what),
                    Err(_) => Some("panicked".to_owned()),
                };
                if let Some(what) = wrong {
                    failures.push(format!("graph {seed}, {name} ({}), {level:?}: {what}", made.n));
                    if verbose {
                        eprintln!("{}", failures[failures.len() - 1]);
                    }
                }
            }
        }
    }
    runtime().set_threads(2);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures[..failures.len().min(20)].join("\n"));
    assert!(count < 100 || judged * 10 > outputs * 8, "only {judged} of {outputs} outputs could be judged");
}
