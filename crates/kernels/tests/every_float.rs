//! The functions that training is made of, for every one of the 2^32 bit patterns of a float32, against f64: `npm run check:vecmath`
//! (minutes on all cores; `npm test` sweeps some of them in `vecmath.rs`). `HORNBEAM_ISA` names another level than the fastest.

#[path = "support/erf.rs"]
mod erf;
#[path = "support/lanes.rs"]
mod lanes;

use hornbeam_kernels::elementwise::Unary;
use hornbeam_kernels::{Isa, isa};
use lanes::{ulps, unary};

/// Bit patterns that one call computes.
const BLOCK: u64 = 1 << 16;
/// The most that these functions may be off, in units of the last place.
const BOUND: f64 = 2.0;

fn level() -> Isa {
    match std::env::var("HORNBEAM_ISA") {
        Ok(name) => {
            Isa::from_name(&name).filter(|isa| isa::available().contains(isa)).expect("a level of this machine")
        }
        Err(_) => isa::detect(),
    }
}

/// The largest error and where it is.
fn worst(op: Unary, want: fn(f64) -> f64) -> (f64, f32) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let blocks = (1u64 << 32) / BLOCK;
    let isa = level();
    let share = |thread: u64| {
        let mut worst = (0.0, 0.0);
        for block in (thread..blocks).step_by(threads as usize) {
            let x: Vec<f32> = (block * BLOCK..(block + 1) * BLOCK).map(|bits| f32::from_bits(bits as u32)).collect();
            for (&x, got) in x.iter().zip(unary(isa, op, &x)) {
                let error = ulps(got, want(f64::from(x)));
                if error > worst.0 {
                    worst = (error, x);
                }
            }
        }
        worst
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        let each = running.into_iter().map(|thread| thread.join().expect("no thread panics"));
        each.max_by(|a, b| a.0.total_cmp(&b.0)).expect("a thread")
    })
}

fn check(name: &str, op: Unary, want: fn(f64) -> f64) {
    let (error, at) = worst(op, want);
    println!("{name:8} {:9} {error:.3} ulp at most, at {at:e} ({:#x})", level().name(), at.to_bits());
    assert!(error <= BOUND, "{name}: {error} ulp at {at:e}");
}

macro_rules! every_float {
    ($($name:ident $op:ident $want:expr;)*) => {
        $(#[test]
        #[ignore = "takes minutes: npm run check:vecmath"]
        fn $name() {
            check(stringify!($name), Unary::$op, $want);
        })*
    };
}

every_float! {
    exp Exp f64::exp;
    log Log f64::ln;
    tanh Tanh f64::tanh;
    sigmoid Sigmoid |x| 1.0 / (1.0 + (-x).exp());
    erf Erf erf::erf;
    sin Sin f64::sin;
    cos Cos f64::cos;
}
