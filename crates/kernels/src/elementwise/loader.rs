//! Blocks of an operand, whatever its strides: as they lie, or gathered and widened into a register.

use crate::rows::sums::Sink;
use crate::simd::{Kernel, MAX_LANES, Simd};
use crate::vecmath::float_to_bfloat;
use crate::{Elem, View, view::MAX_RANK};

/// Lanes of a register, and so the most elements of a block.
pub(super) const BLOCK: usize = 512;

/// How an operand lies along the flat row-major index of the iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Element `i` at `i`.
    Contiguous,
    /// One element for all.
    Splat,
    /// Element `i` at `i mod period`: a vector broadcast over outer axes.
    Periodic(usize),
    /// Element `i` is the one of its row, `i / length`: a column broadcast over the inner axes.
    Rows(usize),
    /// Anything else.
    Strided,
}

/// One input of a machine.
#[derive(Clone, Copy)]
pub(super) struct Loader {
    base: *const u8,
    elem: Elem,
    pattern: Pattern,
    /// The iteration dims merged as far as this operand allows.
    rank: usize,
    dims: [usize; MAX_RANK],
    strides: [isize; MAX_RANK],
    /// Whether blocks may be used where they lie (else they are copied into the register).
    in_place: bool,
    /// Whether nothing else writes the register, so that a block which repeats needs no second load.
    kept: bool,
    /// What the register holds: elements from `phase` of a period on, or of row `phase`. 0 elements: nothing.
    held: usize,
    phase: usize,
}

impl Loader {
    pub(super) const NONE: Loader = Loader {
        base: std::ptr::null(),
        elem: Elem::F32,
        pattern: Pattern::Splat,
        rank: 0,
        dims: [1; MAX_RANK],
        strides: [0; MAX_RANK],
        in_place: false,
        kept: false,
        held: 0,
        phase: 0,
    };

    /// A loader of `view`, whose dims are the iteration dims. `kept`: no step writes its register.
    pub(super) fn new(view: &View, kept: bool, in_place: bool) -> Loader {
        let mut loader = Loader { base: view.as_bytes_ptr(), elem: view.elem(), kept, in_place, ..Loader::NONE };
        for (&dim, &stride) in view.dims().iter().zip(view.strides()) {
            if dim == 1 {
                continue;
            }
            if loader.rank > 0 && loader.strides[loader.rank - 1] == stride * dim as isize {
                loader.dims[loader.rank - 1] *= dim;
                loader.strides[loader.rank - 1] = stride;
            } else {
                loader.dims[loader.rank] = dim;
                loader.strides[loader.rank] = stride;
                loader.rank += 1;
            }
        }
        loader.pattern = match (loader.rank, &loader.strides[..loader.rank]) {
            (0, _) | (1, [0]) => Pattern::Splat,
            (1, [1]) => Pattern::Contiguous,
            (2, [0, 1]) => Pattern::Periodic(loader.dims[1]),
            (2, [_, 0]) => Pattern::Rows(loader.dims[1]),
            _ => Pattern::Strided,
        };
        loader
    }

    pub(super) fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// Whether every element is the same and stays in the register.
    pub(super) fn is_invariant(&self) -> bool {
        self.kept && self.pattern == Pattern::Splat
    }

    /// The `n` elements from flat index `start` on, widened, with at least zeros up to whole vectors: where they are.
    ///
    /// # Safety
    /// `start + n` is within the iteration, `register` and `raw` are writable for `n` lanes rounded up to whole vectors, and
    /// between calls nothing but this loader writes `register` when it was made as `kept`.
    pub(super) unsafe fn load<S: Simd>(
        &mut self,
        s: S,
        start: usize,
        n: usize,
        register: *mut i32,
        raw: *mut i32,
    ) -> *const i32 {
        match self.pattern {
            Pattern::Contiguous => {
                // SAFETY: element `start` is in the view.
                let from = unsafe { self.base.add(start * self.elem.size()) };
                // SAFETY: `n` elements lie at `from`; the rest is passed on.
                return unsafe { self.lying(s, from, n, register, raw) };
            }
            Pattern::Splat if self.kept && self.held >= n => return register,
            Pattern::Periodic(period) if self.kept && self.held >= n && self.phase == start % period => {
                return register;
            }
            Pattern::Rows(length) if start % length + n <= length => {
                let row = start / length;
                if self.kept && self.held >= n && self.phase == row {
                    return register;
                }
                self.phase = row;
            }
            _ => {}
        }
        if let Pattern::Periodic(period) = self.pattern {
            self.phase = start % period;
            if period - self.phase >= n {
                self.held = 0;
                // SAFETY: the block lies within one period.
                unsafe {
                    let from = self.base.add(self.phase * self.elem.size());
                    return self.lying(s, from, n, register, raw);
                }
            }
        }
        // Of more than one row nothing can be used again.
        let kept = !matches!(self.pattern, Pattern::Rows(length) if start % length + n > length);
        self.held = if kept { n } else { 0 };
        // SAFETY: the caller's promises; `raw` holds `n` elements of any size up to 4 bytes.
        unsafe {
            match self.elem.size() {
                4 => {
                    self.gather::<u32>(start, n, register.cast());
                    clear(register.cast::<u32>(), n, n.next_multiple_of(S::LANES));
                }
                2 => {
                    self.gather::<u16>(start, n, raw.cast());
                    clear(raw.cast::<u16>(), n, n.next_multiple_of(S::LANES));
                    widen(s, self.elem, raw.cast(), register, n.next_multiple_of(S::LANES));
                }
                _ => {
                    self.gather::<u8>(start, n, raw.cast());
                    clear(raw.cast::<u8>(), n, n.next_multiple_of(S::LANES));
                    widen(s, self.elem, raw.cast(), register, n.next_multiple_of(S::LANES));
                }
            }
        }
        register
    }

    /// `n` elements that lie in a row at `from`.
    ///
    /// # Safety
    /// As [`Loader::load`]; `n` elements are readable at `from`.
    unsafe fn lying<S: Simd>(&self, s: S, from: *const u8, n: usize, register: *mut i32, raw: *mut i32) -> *const i32 {
        if self.elem.size() == 4 && n.is_multiple_of(S::LANES) && self.in_place {
            return from.cast();
        }
        // SAFETY: the caller's promises.
        unsafe { widen_lying(s, self.elem, from, n, register, raw) };
        register
    }

    /// Copies the elements of flat indices `start..start + n` to `out`.
    ///
    /// # Safety
    /// The elements are of the size of `T`, the indices within the iteration, and `out` is writable for `n`.
    unsafe fn gather<T: Copy>(&self, start: usize, n: usize, out: *mut T) {
        let base = self.base.cast::<T>();
        // SAFETY (all blocks below): offsets are those of indices within the view; `at <= n` bounds what is written.
        match self.pattern {
            Pattern::Splat => {
                // SAFETY: see above.
                unsafe { fill(out, n, base.read()) };
            }
            Pattern::Periodic(period) => {
                let phase = start % period;
                // The rest of this period, the next one up to the same phase, then copies of what is there already.
                let first = (period - phase).min(n);
                let mut at = period.min(n);
                // SAFETY: see above.
                unsafe {
                    std::ptr::copy_nonoverlapping(base.add(phase), out, first);
                    std::ptr::copy_nonoverlapping(base, out.add(first), at - first);
                    while at < n {
                        let more = at.min(n - at);
                        std::ptr::copy_nonoverlapping(out, out.add(at), more);
                        at += more;
                    }
                }
            }
            // SAFETY: see above.
            Pattern::Contiguous => unsafe { std::ptr::copy_nonoverlapping(base.add(start), out, n) },
            // SAFETY: see above.
            Pattern::Rows(_) | Pattern::Strided => unsafe { self.gather_strided(base, start, n, out) },
        }
    }

    /// # Safety
    /// As [`Loader::gather`].
    unsafe fn gather_strided<T: Copy>(&self, base: *const T, start: usize, n: usize, out: *mut T) {
        let inner = self.rank - 1;
        let mut index = [0usize; MAX_RANK];
        let (mut rest, mut offset) = (start, 0isize);
        for axis in (0..self.rank).rev() {
            index[axis] = rest % self.dims[axis];
            rest /= self.dims[axis];
            offset += index[axis] as isize * self.strides[axis];
        }
        let (length, stride) = (self.dims[inner], self.strides[inner]);
        let mut at = 0;
        loop {
            let run = (length - index[inner]).min(n - at);
            // SAFETY: `offset` is that of the current index, `run` elements of the inner axis follow it.
            unsafe {
                let from = base.offset(offset);
                match stride {
                    1 => std::ptr::copy_nonoverlapping(from, out.add(at), run),
                    0 => fill(out.add(at), run, from.read()),
                    _ => {
                        for i in 0..run {
                            out.add(at + i).write(from.offset(i as isize * stride).read());
                        }
                    }
                }
            }
            at += run;
            if at == n {
                return;
            }
            // The inner axis is through: back to its start, and one step of the first outer axis with room.
            offset -= index[inner] as isize * stride;
            index[inner] = 0;
            for axis in (0..inner).rev() {
                index[axis] += 1;
                offset += self.strides[axis];
                if index[axis] < self.dims[axis] {
                    break;
                }
                offset -= self.dims[axis] as isize * self.strides[axis];
                index[axis] = 0;
            }
        }
    }
}

/// Widens `n` elements (any number) that lie in a row, with zeros up to whole vectors.
///
/// # Safety
/// `n` elements of type `elem` are readable at `from`; `register` and `raw` are writable for `n` lanes rounded up to whole
/// vectors.
pub(super) unsafe fn widen_lying<S: Simd>(
    s: S,
    elem: Elem,
    from: *const u8,
    n: usize,
    register: *mut i32,
    raw: *mut i32,
) {
    let size = elem.size();
    let whole = n - n % S::LANES;
    // SAFETY: the caller's promises; a last part of a vector goes through `raw`, so that nothing past the operand is read.
    unsafe {
        widen(s, elem, from, register, whole);
        if whole < n {
            std::ptr::write_bytes(raw.cast::<u8>(), 0, S::LANES * size);
            std::ptr::copy_nonoverlapping(from.add(whole * size), raw.cast::<u8>(), (n - whole) * size);
            widen(s, elem, raw.cast(), register.add(whole), S::LANES);
        }
    }
}

/// # Safety
/// `n` elements are writable at `out`.
#[inline(always)]
unsafe fn fill<T: Copy>(out: *mut T, n: usize, value: T) {
    for i in 0..n {
        // SAFETY: the caller's promise.
        unsafe { out.add(i).write(value) };
    }
}

/// # Safety
/// Elements `from..to` are writable at `out`.
#[inline(always)]
unsafe fn clear<T>(out: *mut T, from: usize, to: usize) {
    // SAFETY: the caller's promise.
    unsafe { std::ptr::write_bytes(out.add(from), 0, to - from) };
}

/// Does the same for every vector of `n` elements; `$i` is its first. A macro and not a function: a closure that is not
/// inlined would be compiled without the instructions of its lanes.
macro_rules! vectors {
    ($n:expr, |$i:ident| $body:expr) => {{
        let mut $i = 0;
        while $i < $n {
            $body;
            $i += S::LANES;
        }
    }};
}

/// Widens `n` elements, a multiple of the vector, into 32-bit lanes.
///
/// # Safety
/// `n` elements of type `elem` are readable at `from` and `n` lanes writable at `to`.
#[inline(always)]
unsafe fn widen<S: Simd>(s: S, elem: Elem, from: *const u8, to: *mut i32, n: usize) {
    s.vectorize(Widen { elem, from, to, n });
}

struct Widen {
    elem: Elem,
    from: *const u8,
    to: *mut i32,
    n: usize,
}

impl Kernel for Widen {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Widen { elem, from, to, n } = self;
        let halves = from.cast::<u16>();
        // SAFETY: `widen` passes on its caller's promise; every vector ends at or before element n.
        unsafe {
            match elem {
                Elem::F32 | Elem::I32 => vectors!(n, |i| s.store_i(to.add(i), s.load_i(from.cast::<i32>().add(i)))),
                Elem::Bf16 => vectors!(n, |i| s.store_i(to.add(i), s.shl(s.load_u16(halves.add(i)), 16))),
                Elem::F16 => vectors!(n, |i| s.store(to.add(i).cast(), s.load_f16(halves.add(i)))),
                Elem::I8 => vectors!(n, |i| s.store_i(to.add(i), s.load_i8(from.add(i)))),
                Elem::U8 | Elem::Bool => vectors!(n, |i| s.store_i(to.add(i), s.load_u8(from.add(i)))),
            }
        }
    }
}

/// Narrows `n` lanes (any number) and stores them.
///
/// # Safety
/// `n` lanes rounded up to whole vectors are readable at `from`, `n` elements of type `elem` writable at `to`.
#[inline(always)]
pub(crate) unsafe fn narrow<S: Simd>(s: S, elem: Elem, from: *const i32, to: *mut u8, n: usize) {
    s.vectorize(Narrow { elem, from, to, n });
}

/// Copies `n` lanes past the caches, as far as they lie by vectors there.
///
/// # Safety
/// `n` lanes rounded up to whole vectors are readable at `from`, `n` elements of 4 bytes writable at `to`.
#[inline(always)]
pub(super) unsafe fn stream<S: Simd>(s: S, from: *const i32, to: *mut u8, n: usize) {
    s.vectorize(Stream { from, to, n });
}

struct Stream {
    from: *const i32,
    to: *mut u8,
    n: usize,
}

impl Kernel for Stream {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let sink = Sink::new::<S>(self.to.cast(), true);
        for i in (0..self.n).step_by(S::LANES) {
            // SAFETY: `stream` passes on its caller's promise.
            unsafe { sink.put(s, i, self.n - i, s.float_from_bits(s.load_i(self.from.add(i)))) };
        }
    }
}

struct Narrow {
    elem: Elem,
    from: *const i32,
    to: *mut u8,
    n: usize,
}

impl Kernel for Narrow {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Narrow { elem, from, to, n } = self;
        let whole = n - n % S::LANES;
        // SAFETY: `narrow` passes on its caller's promise; whole vectors end at or before element n; the last part goes
        // through a buffer of one vector.
        unsafe {
            narrow_whole(s, elem, from, to, whole);
            if whole < n {
                let mut last = [0i32; MAX_LANES];
                narrow_whole(s, elem, from.add(whole), last.as_mut_ptr().cast(), S::LANES);
                let size = elem.size();
                std::ptr::copy_nonoverlapping(last.as_ptr().cast::<u8>(), to.add(whole * size), (n - whole) * size);
            }
        }
    }
}

/// # Safety
/// As [`narrow`], for whole vectors.
#[inline(always)]
unsafe fn narrow_whole<S: Simd>(s: S, elem: Elem, from: *const i32, to: *mut u8, n: usize) {
    let halves = to.cast::<u16>();
    // SAFETY: every vector ends at or before element n.
    unsafe {
        match elem {
            Elem::F32 | Elem::I32 => vectors!(n, |i| s.store_i(to.cast::<i32>().add(i), s.load_i(from.add(i)))),
            Elem::Bf16 => {
                vectors!(n, |i| s.store_u16(halves.add(i), float_to_bfloat(s, s.load(from.add(i).cast()))))
            }
            Elem::F16 => vectors!(n, |i| s.store_f16(halves.add(i), s.load(from.add(i).cast()))),
            Elem::I8 | Elem::U8 | Elem::Bool => vectors!(n, |i| s.store_u8(to.add(i), s.load_i(from.add(i)))),
        }
    }
}
