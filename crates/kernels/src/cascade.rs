//! The fixed binary tree that keeps the rounding error of long sums small.

/// Partial results on their way to one: equal numbers of blocks are combined first, as the carries of a binary counter.
/// `LEVELS` bounds the blocks by `2^LEVELS`.
pub(crate) struct Cascade<T: Copy, const LEVELS: usize> {
    levels: [T; LEVELS],
    count: usize,
}

impl<T: Copy, const LEVELS: usize> Cascade<T, LEVELS> {
    /// `blank` only fills the memory.
    #[inline(always)]
    pub(crate) fn new(blank: T) -> Cascade<T, LEVELS> {
        Cascade { levels: [blank; LEVELS], count: 0 }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, mut value: T, combine: impl Fn(T, T) -> T) {
        let mut level = 0;
        while self.count >> level & 1 == 1 {
            value = combine(self.levels[level], value);
            level += 1;
        }
        self.levels[level] = value;
        self.count += 1;
    }

    /// The result of all that was pushed; `None` of nothing. Starts anew.
    #[inline(always)]
    pub(crate) fn take(&mut self, combine: impl Fn(T, T) -> T) -> Option<T> {
        let mut result: Option<T> = None;
        while self.count != 0 {
            let value = self.levels[self.count.trailing_zeros() as usize];
            self.count &= self.count - 1;
            result = Some(match result {
                None => value,
                Some(right) => combine(value, right),
            });
        }
        result
    }
}
