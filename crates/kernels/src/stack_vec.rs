//! A vector of bounded length on the stack: kernels do not allocate, and do not clear what they will not use.

use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

/// Up to `N` values.
pub(crate) struct StackVec<T: Copy, const N: usize> {
    values: [MaybeUninit<T>; N],
    len: usize,
}

impl<T: Copy, const N: usize> StackVec<T, N> {
    #[inline(always)]
    pub(crate) fn new() -> StackVec<T, N> {
        StackVec { values: [const { MaybeUninit::uninit() }; N], len: 0 }
    }

    /// Panics when full.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: T) {
        self.values[self.len] = MaybeUninit::new(value);
        self.len += 1;
    }
}

impl<T: Copy, const N: usize> Deref for StackVec<T, N> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: the first `len` values were pushed.
        unsafe { std::slice::from_raw_parts(self.values.as_ptr().cast(), self.len) }
    }
}

impl<T: Copy, const N: usize> DerefMut for StackVec<T, N> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: the first `len` values were pushed.
        unsafe { std::slice::from_raw_parts_mut(self.values.as_mut_ptr().cast(), self.len) }
    }
}
