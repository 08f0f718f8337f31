//! Strided views of memory: how every kernel receives its operands.

use std::marker::PhantomData;

/// The highest rank of a view.
pub const MAX_RANK: usize = 8;

/// The type of an element in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// IEEE binary32.
    F32,
    /// bfloat16: the upper half of a binary32.
    Bf16,
    /// IEEE binary16.
    F16,
    /// Two's complement, 32 bits.
    I32,
    /// Two's complement, 8 bits.
    I8,
    /// Unsigned, 8 bits.
    U8,
    /// One byte, 0 or 1.
    Bool,
}

impl Elem {
    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            Elem::F32 | Elem::I32 => 4,
            Elem::Bf16 | Elem::F16 => 2,
            Elem::I8 | Elem::U8 | Elem::Bool => 1,
        }
    }
}

/// Dims and strides (in elements) of a view, without its memory. Strides may be 0 (broadcast) or negative (reversed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    rank: usize,
    dims: [usize; MAX_RANK],
    strides: [isize; MAX_RANK],
}

impl Layout {
    /// The row-major layout of `dims`.
    #[inline]
    pub fn contiguous(dims: &[usize]) -> Layout {
        let mut layout = Layout { rank: dims.len(), dims: filled(dims, 1), strides: [0; MAX_RANK] };
        let mut stride = 1isize;
        for axis in (0..dims.len()).rev() {
            layout.strides[axis] = stride;
            stride *= dims[axis] as isize;
        }
        layout
    }

    /// `dims` with explicit strides, in elements.
    #[inline]
    pub fn strided(dims: &[usize], strides: &[isize]) -> Layout {
        assert_eq!(dims.len(), strides.len(), "dims and strides have one entry an axis");
        Layout { rank: dims.len(), dims: filled(dims, 1), strides: filled(strides, 0) }
    }

    /// Elements along every axis.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// Steps along every axis, in elements.
    pub fn strides(&self) -> &[isize] {
        &self.strides[..self.rank]
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.dims().iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the elements lie in row-major order without gaps (axes of size 1 do not count).
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1isize;
        for axis in (0..self.rank).rev() {
            if self.dims[axis] != 1 && self.strides[axis] != expected {
                return self.is_empty();
            }
            expected *= self.dims[axis] as isize;
        }
        true
    }

    /// The layout whose axis `i` is axis `order[i]` of this one.
    pub fn permuted(&self, order: &[usize]) -> Layout {
        assert_eq!(order.len(), self.rank);
        let mut layout = *self;
        for (axis, &from) in order.iter().enumerate() {
            layout.dims[axis] = self.dims[from];
            layout.strides[axis] = self.strides[from];
        }
        layout
    }

    /// The lowest and highest element offset that the layout reaches from its origin; `None` when empty.
    pub fn reach(&self) -> Option<(isize, isize)> {
        let (mut low, mut high) = (0isize, 0isize);
        for axis in 0..self.rank {
            if self.dims[axis] == 0 {
                return None;
            }
            let end = (self.dims[axis] as isize - 1) * self.strides[axis];
            low += end.min(0);
            high += end.max(0);
        }
        Some((low, high))
    }
}

/// The values, and `rest` up to the highest rank. Every task makes layouts: entry by entry they are a few moves, a copy of so many values
/// is a call. Panics when there are too many.
#[inline(always)]
fn filled<T: Copy>(values: &[T], rest: T) -> [T; MAX_RANK] {
    assert!(values.len() <= MAX_RANK, "a view has at most {MAX_RANK} axes");
    let mut all = [rest; MAX_RANK];
    for (axis, entry) in all.iter_mut().enumerate() {
        if let Some(&value) = values.get(axis) {
            *entry = value;
        }
    }
    all
}

/// A read-only strided view.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    ptr: *const u8,
    elem: Elem,
    layout: Layout,
    memory: PhantomData<&'a [u8]>,
}

/// A writable strided view; no other view of the same elements exists while it lives.
#[derive(Debug)]
pub struct ViewMut<'a> {
    ptr: *mut u8,
    elem: Elem,
    layout: Layout,
    streamed: bool,
    memory: PhantomData<&'a mut [u8]>,
}

/// A Rust type that stands for an [`Elem`].
pub trait Scalar: Copy + 'static {
    /// The element type in memory.
    const ELEM: Elem;
}
impl Scalar for f32 {
    const ELEM: Elem = Elem::F32;
}
impl Scalar for i32 {
    const ELEM: Elem = Elem::I32;
}
impl Scalar for u8 {
    const ELEM: Elem = Elem::U8;
}
impl Scalar for i8 {
    const ELEM: Elem = Elem::I8;
}

impl<'a> View<'a> {
    /// A view of memory at `ptr`.
    ///
    /// # Safety
    /// Every element that `layout` reaches from `ptr` is valid for reads, aligned for `elem`, initialised, and not
    /// written by anybody for `'a`.
    pub unsafe fn from_raw(ptr: *const u8, elem: Elem, layout: Layout) -> View<'a> {
        View { ptr, elem, layout, memory: PhantomData }
    }

    /// A row-major view of a slice. Panics unless `dims` multiply to its length.
    pub fn from_slice<T: Scalar>(data: &'a [T], dims: &[usize]) -> View<'a> {
        let layout = Layout::contiguous(dims);
        assert_eq!(layout.len(), data.len(), "dims {dims:?} do not hold {} elements", data.len());
        View { ptr: data.as_ptr().cast(), elem: T::ELEM, layout, memory: PhantomData }
    }

    /// Element type.
    pub fn elem(&self) -> Elem {
        self.elem
    }

    /// Dims and strides.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Elements along every axis.
    pub fn dims(&self) -> &[usize] {
        self.layout.dims()
    }

    /// Steps along every axis, in elements.
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// Address of the first element. Panics unless the elements are of type `T`.
    pub fn as_ptr<T: Scalar>(&self) -> *const T {
        assert_eq!(self.elem, T::ELEM, "a kernel was handed the wrong element type");
        self.ptr.cast()
    }

    /// Address of the first byte.
    pub fn as_bytes_ptr(&self) -> *const u8 {
        self.ptr
    }

    /// The elements as a slice, when they are of type `T` and lie without gaps.
    pub fn as_slice<T: Scalar>(&self) -> Option<&'a [T]> {
        if self.elem != T::ELEM || !self.layout.is_contiguous() {
            return None;
        }
        // SAFETY: the constructor promised `len` readable, aligned elements for 'a, and they are contiguous.
        Some(unsafe { std::slice::from_raw_parts(self.ptr.cast(), self.len()) })
    }

    /// The part `start..start + len` of `axis`.
    pub fn narrow(&self, axis: usize, start: usize, len: usize) -> View<'a> {
        assert!(start + len <= self.layout.dims[axis], "narrow leaves the view");
        let mut part = *self;
        part.layout.dims[axis] = len;
        part.ptr = offset(self.ptr, self.layout.strides[axis] * start as isize, self.elem);
        part
    }

    /// The same elements under another layout that reaches no further (a reshape, a broadcast, a permutation).
    pub fn with_layout(&self, layout: Layout) -> View<'a> {
        assert_reach(&self.layout, &layout);
        View { layout, ..*self }
    }
}

impl<'a> ViewMut<'a> {
    /// A writable view of memory at `ptr`.
    ///
    /// # Safety
    /// Every element that `layout` reaches from `ptr` is valid for reads and writes, aligned for `elem`, and accessed
    /// through nothing but this view for `'a`. No two indices of `layout` name the same element.
    pub unsafe fn from_raw(ptr: *mut u8, elem: Elem, layout: Layout) -> ViewMut<'a> {
        ViewMut { ptr, elem, layout, streamed: false, memory: PhantomData }
    }

    /// A row-major view of a slice. Panics unless `dims` multiply to its length.
    pub fn from_slice<T: Scalar>(data: &'a mut [T], dims: &[usize]) -> ViewMut<'a> {
        let layout = Layout::contiguous(dims);
        assert_eq!(layout.len(), data.len(), "dims {dims:?} do not hold {} elements", data.len());
        ViewMut { ptr: data.as_mut_ptr().cast(), elem: T::ELEM, layout, streamed: false, memory: PhantomData }
    }

    /// The same view, of elements that are best written past the caches: nobody reads them before they would have left them. Kernels that
    /// write every element once, in order, do so.
    pub fn streamed(self, streamed: bool) -> ViewMut<'a> {
        ViewMut { streamed, ..self }
    }

    /// Whether its elements are best written past the caches.
    pub fn is_streamed(&self) -> bool {
        self.streamed
    }

    /// Element type.
    pub fn elem(&self) -> Elem {
        self.elem
    }

    /// Dims and strides.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Elements along every axis.
    pub fn dims(&self) -> &[usize] {
        self.layout.dims()
    }

    /// Steps along every axis, in elements.
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// Address of the first element. Panics unless the elements are of type `T`.
    pub fn as_mut_ptr<T: Scalar>(&mut self) -> *mut T {
        assert_eq!(self.elem, T::ELEM, "a kernel was handed the wrong element type");
        self.ptr.cast()
    }

    /// Address of the first byte.
    pub fn as_bytes_mut_ptr(&mut self) -> *mut u8 {
        self.ptr
    }

    /// The elements as a slice, when they are of type `T` and lie without gaps.
    pub fn as_mut_slice<T: Scalar>(&mut self) -> Option<&mut [T]> {
        if self.elem != T::ELEM || !self.layout.is_contiguous() {
            return None;
        }
        // SAFETY: the constructor promised exclusive, valid, aligned elements, and they are contiguous; the slice borrows self.
        Some(unsafe { std::slice::from_raw_parts_mut(self.ptr.cast(), self.layout.len()) })
    }

    /// The same view for a shorter time.
    pub fn reborrow(&mut self) -> ViewMut<'_> {
        ViewMut { memory: PhantomData, ..*self }
    }

    /// The elements, read-only while the result lives.
    pub fn as_view(&self) -> View<'_> {
        View { ptr: self.ptr, elem: self.elem, layout: self.layout, memory: PhantomData }
    }

    /// The two disjoint parts before and from `at` along `axis`.
    pub fn split_at(self, axis: usize, at: usize) -> (ViewMut<'a>, ViewMut<'a>) {
        assert!(at <= self.layout.dims[axis], "split leaves the view");
        let (mut first, mut second) = (self.layout, self.layout);
        first.dims[axis] = at;
        second.dims[axis] -= at;
        let middle = offset(self.ptr, self.layout.strides[axis] * at as isize, self.elem).cast_mut();
        (ViewMut { layout: first, ..self }, ViewMut { ptr: middle, layout: second, ..self })
    }

    /// The part `start..start + len` of `axis`; the rest is given up.
    pub fn narrow(self, axis: usize, start: usize, len: usize) -> ViewMut<'a> {
        self.split_at(axis, start).1.split_at(axis, len).0
    }

    /// The same elements under another layout that reaches no further and names no element twice (a reshape, a permutation).
    pub fn with_layout(self, layout: Layout) -> ViewMut<'a> {
        assert_reach(&self.layout, &layout);
        assert_eq!(self.layout.len(), layout.len(), "a writable view keeps its number of elements");
        ViewMut { layout, ..self }
    }
}

fn offset(ptr: *const u8, elements: isize, elem: Elem) -> *const u8 {
    // An empty part may start one past the end: the address is computed, not dereferenced.
    ptr.wrapping_offset(elements * elem.size() as isize)
}

fn assert_reach(outer: &Layout, inner: &Layout) {
    if let Some((low, high)) = inner.reach() {
        let (outer_low, outer_high) = outer.reach().expect("an empty view has no elements to re-lay");
        assert!(low >= outer_low && high <= outer_high, "the new layout leaves the view");
    }
}
