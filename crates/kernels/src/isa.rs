//! Which instruction set the kernels use: detected once, never assumed.

/// An instruction-set level. Every kernel takes one and is correct on all that [`available`] lists; the order is by speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// Plain Rust: what every machine runs, and what the other levels are tested against.
    Portable,
    /// AArch64 with Advanced SIMD (always there on AArch64).
    Neon,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// x86-64 with AVX-512 F, BW, DQ and VL (and all of [`Isa::Avx2`]).
    Avx512,
}

impl Isa {
    /// The name that `HORNBEAM_ISA` accepts and `version` reports.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Neon => "neon",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }

    /// The level called `name`, whether or not this machine has it.
    pub fn from_name(name: &str) -> Option<Isa> {
        [Isa::Portable, Isa::Neon, Isa::Avx2, Isa::Avx512].into_iter().find(|isa| isa.name() == name)
    }
}

/// The levels that this machine can run, slowest first.
pub fn available() -> Vec<Isa> {
    let mut levels = vec![Isa::Portable];
    #[cfg(target_arch = "aarch64")]
    levels.push(Isa::Neon);
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 =
            is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        if avx2 {
            levels.push(Isa::Avx2);
        }
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if avx2 && avx512 {
            levels.push(Isa::Avx512);
        }
    }
    levels
}

/// The fastest level that this machine can run.
pub fn detect() -> Isa {
    available().into_iter().max().unwrap_or(Isa::Portable)
}
