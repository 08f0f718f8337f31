//! Seeded choices.

use hornbeam_reference::philox4x32_10;

/// A stream of choices, the same for the same seed.
pub struct Choices {
    seed: u64,
    made: u32,
}

impl Choices {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Choices {
        Choices { seed, made: 0 }
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.made += 1;
        philox4x32_10([self.made, 0, 0, 0], [self.seed as u32, (self.seed >> 32) as u32])[0]
    }

    /// A number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        self.bits() as usize % count
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of some things.
    pub fn of<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())].clone()
    }

    /// A number in -1..1.
    pub fn sign(&mut self) -> f64 {
        f64::from(self.bits()) / f64::from(u32::MAX) * 2.0 - 1.0
    }
}
