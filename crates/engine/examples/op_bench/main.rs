//! Times single operations as programs of the engine, on all threads, for `bench/kernels.mjs`.
//!
//! `cargo run --release -p hornbeam-engine --example op_bench -- --threads 2` says `{"ready": ...}` and then answers every line
//! `SECONDS OP ARGUMENTS...` of its input with a line of JSON: milliseconds a repetition (median and minimum over batches of
//! repetitions that fill so many seconds), FLOPs and bytes a repetition. [`ops`] lists the operations, [`limits`] what the machine
//! can do: `fma`, and `stream READS WRITES BYTES`.

mod limits;
mod ops;

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use hornbeam_engine::runtime::runtime;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is timed: one repetition, its FLOPs and its bytes (every array once).
pub struct Work {
    pub run: Box<dyn FnMut()>,
    pub flops: u64,
    pub bytes: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, threads] = &arguments[..]
        && flag == "--threads"
        && let Ok(threads) = threads.parse()
    {
        runtime().set_threads(threads);
    } else if !arguments.is_empty() {
        eprintln!("op_bench takes --threads N, got {arguments:?}");
        std::process::exit(2);
    }
    say(&format!("{{\"ready\":{{\"isa\":\"{}\",\"threads\":{}}}}}", runtime().isa.name(), runtime().threads()));
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        match answer(&words) {
            Ok(text) => say(&text),
            Err(message) => say(&format!("{{\"error\":{message:?}}}")),
        }
    }
}

fn say(line: &str) {
    println!("{line}");
    let _ = std::io::stdout().flush();
}

fn answer(words: &[&str]) -> Result<String, String> {
    let seconds: f64 = words[0].parse().map_err(|_| format!("a line begins with seconds, got {}", words[0]))?;
    let arguments = words.get(2..).unwrap_or_default();
    let mut work = match words.get(1).copied() {
        Some("fma") => limits::fma(),
        Some("stream") => limits::stream(arguments)?,
        Some(op) => ops::work(op, arguments)?,
        None => return Err("a line is SECONDS OP ARGUMENTS...".to_owned()),
    };
    let (median, least, repetitions) = measure(seconds, &mut work.run);
    Ok(format!(
        "{{\"ms\":{:.6},\"msMin\":{:.6},\"repetitions\":{repetitions},\"flops\":{},\"bytes\":{}}}",
        median * 1e3,
        least * 1e3,
        work.flops,
        work.bytes
    ))
}

/// Seconds a repetition, median and minimum over batches of about a hundredth of `seconds`, and how many repetitions there were.
fn measure(seconds: f64, run: &mut dyn FnMut()) -> (f64, f64, usize) {
    // The first compiles nothing, but it faults pages and fills caches.
    for _ in 0..3 {
        run();
    }
    let begun = Instant::now();
    run();
    let once = begun.elapsed().as_secs_f64();
    let batch = ((seconds / 100.0 / once.max(1e-9)) as usize).clamp(1, 1_000_000);
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs_f64(seconds) || times.len() < 5 {
        let start = Instant::now();
        for _ in 0..batch {
            run();
        }
        times.push(start.elapsed().as_secs_f64() / batch as f64);
    }
    times.sort_unstable_by(f64::total_cmp);
    (times[times.len() / 2], times[0], times.len() * batch)
}
