//! The fixed binary tree that keeps the rounding error of long sums small.

use std::mem::MaybeUninit;

/// Partial results on their way to one: equal numbers of blocks are combined first, as the carries of a binary counter.
/// `LEVELS` bounds the blocks by `2^LEVELS`.
pub(crate) struct Cascade<T: Copy, const LEVELS: usize> {
    /// Those of the bits of `count` hold a value: to fill all of them would take longer than many a sum.
    levels: [MaybeUninit<T>; LEVELS],
    count: usize,
}

impl<T: Copy, const LEVELS: usize> Cascade<T, LEVELS> {
    #[inline(always)]
    pub(crate) fn new() -> Cascade<T, LEVELS> {
        Cascade { levels: [const { MaybeUninit::uninit() }; LEVELS], count: 0 }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, mut value: T, combine: impl Fn(T, T) -> T) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            // SAFETY: the bit of this level is set.
            value = combine(unsafe { self.levels[level].assume_init() }, value);
            level += 1;
        }
        self.levels[level] = MaybeUninit::new(value);
        self.count += 1;
    }

    /// The result of all that was pushed; `None` of nothing. Starts anew.
    #[inline(always)]
    pub(crate) fn take(&mut self, combine: impl Fn(T, T) -> T) -> Option<T> {
        let mut result: Option<T> = None;
        while self.count != 0 {
            // SAFETY: the bit of this level is set.
            let value = unsafe { self.levels[self.count.trailing_zeros() as usize].assume_init() };
            self.count &= self.count - 1;
            result = Some(match result {
                None => value,
                Some(right) => combine(value, right),
            });
        }
        result
    }
}
